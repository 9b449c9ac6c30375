// Datagrams in batches: one system call for many, where the system has such a call (recvmmsg(2), sendmmsg(2): Linux), and
// one for each elsewhere. Swift sees neither these calls nor the macros of cmsg(3).
#ifndef ROOST_CDATAGRAMS_H
#define ROOST_CDATAGRAMS_H

#include <stdint.h>

// An IPv4 or IPv6 address and a port, in this machine's byte order. An IPv4 address is held in its IPv6-mapped form,
// ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
typedef struct {
    uint64_t high, low;
    uint16_t port;
} datagram_address;

// One datagram of a batch.
typedef struct {
    // Received: room that the batch owns. To send: bytes that the caller keeps valid until they are sent.
    const uint8_t *bytes;
    // Its length. Of one that was received and is longer than the room: the room and one more.
    uint32_t count;
    // Received: whether `own` is known. To send: whether it is to leave from `own`.
    uint32_t has_own;
    // The other side.
    datagram_address peer;
    // The address of this machine that it was sent to, or is to leave from; its port means nothing.
    datagram_address own;
} datagram;

// Room for datagrams of one direction; nothing is allocated after it has been made.
typedef struct datagram_batch datagram_batch;

// A batch of up to `capacity` datagrams, each with `room` bytes to receive into: 0 for one that sends. NULL without memory.
datagram_batch *datagram_batch_make(uint32_t capacity, uint32_t room);
void datagram_batch_free(datagram_batch *batch);

// The datagrams: as many as there is capacity.
datagram *datagram_batch_slots(datagram_batch *batch);

// Has a bound socket say to which address of this machine a datagram was sent. 0, or an error of errno(3).
int datagram_want_own(int descriptor, int is_ipv4);

// Receives what is there, without waiting. The number of datagrams, or a negative error of errno(3). An address of neither
// family is all zeros.
int datagram_batch_receive(datagram_batch *batch, int descriptor);

// Sends the first `count` slots, in order, until one is refused. The number of those that left, or a negative error where
// not even the first did.
int datagram_batch_send(datagram_batch *batch, int descriptor, int is_ipv4, uint32_t first, uint32_t count);

#endif
