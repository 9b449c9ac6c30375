#define _GNU_SOURCE 1
// For in6_pktinfo (RFC 3542) on Darwin.
#define __APPLE_USE_RFC_3542 1
#include "CDatagrams.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#if defined(__linux__)
typedef struct mmsghdr header;
#else
typedef struct {
    struct msghdr msg_hdr;
    unsigned int msg_len;
} header;
#endif

// Room for the largest control message: in6_pktinfo.
#define CONTROL 64
#define MAPPED 0xffff00000000ull

struct datagram_batch {
    uint32_t capacity, room;
    // Of the last receive: those whose headers the system has changed.
    uint32_t used;
    datagram *slots;
    header *headers;
    struct iovec *parts;
    struct sockaddr_in6 *addresses;
    uint8_t *controls;
    uint8_t *bytes;
};

static uint64_t big_endian(uint64_t value) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap64(value);
#else
    return value;
#endif
}

static datagram_address address_of_ipv4(struct in_addr address, uint16_t port) {
    return (datagram_address){.high = 0, .low = MAPPED | ntohl(address.s_addr), .port = port};
}

static datagram_address address_of_ipv6(const struct in6_addr *address, uint16_t port) {
    uint64_t halves[2];
    memcpy(halves, address, sizeof halves);
    return (datagram_address){.high = big_endian(halves[0]), .low = big_endian(halves[1]), .port = port};
}

static struct in6_addr ipv6_of(datagram_address address) {
    uint64_t halves[2] = {big_endian(address.high), big_endian(address.low)};
    struct in6_addr result;
    memcpy(&result, halves, sizeof result);
    return result;
}

static void reset_for_receiving(datagram_batch *batch, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct msghdr *message = &batch->headers[i].msg_hdr;
        message->msg_namelen = sizeof(struct sockaddr_in6);
        message->msg_controllen = CONTROL;
        message->msg_flags = 0;
    }
}

datagram_batch *datagram_batch_make(uint32_t capacity, uint32_t room) {
    datagram_batch *batch = calloc(1, sizeof *batch);
    if (!batch) return NULL;
    batch->capacity = capacity;
    batch->room = room;
    batch->slots = calloc(capacity, sizeof *batch->slots);
    batch->headers = calloc(capacity, sizeof *batch->headers);
    batch->parts = calloc(capacity, sizeof *batch->parts);
    batch->addresses = calloc(capacity, sizeof *batch->addresses);
    batch->controls = calloc(capacity, CONTROL);
    batch->bytes = calloc(capacity, (size_t)room + 1);
    if (!batch->slots || !batch->headers || !batch->parts || !batch->addresses || !batch->controls || !batch->bytes) {
        datagram_batch_free(batch);
        return NULL;
    }
    for (uint32_t i = 0; i < capacity; i++) {
        // One byte more than the room: a datagram that is longer is seen to be.
        batch->parts[i] = (struct iovec){batch->bytes + (size_t)i * (room + 1), (size_t)room + 1};
        struct msghdr *message = &batch->headers[i].msg_hdr;
        message->msg_name = &batch->addresses[i];
        message->msg_iov = &batch->parts[i];
        message->msg_iovlen = 1;
        message->msg_control = batch->controls + (size_t)i * CONTROL;
        batch->slots[i].bytes = batch->parts[i].iov_base;
    }
    reset_for_receiving(batch, capacity);
    return batch;
}

void datagram_batch_free(datagram_batch *batch) {
    if (!batch) return;
    free(batch->slots);
    free(batch->headers);
    free(batch->parts);
    free(batch->addresses);
    free(batch->controls);
    free(batch->bytes);
    free(batch);
}

datagram *datagram_batch_slots(datagram_batch *batch) { return batch->slots; }

int datagram_want_own(int descriptor, int is_ipv4) {
    int one = 1;
    int failed = is_ipv4 ? setsockopt(descriptor, IPPROTO_IP, IP_PKTINFO, &one, sizeof one)
                         : setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
    return failed ? errno : 0;
}

static void read_own(datagram *slot, struct msghdr *message) {
    slot->has_own = 0;
    if (message->msg_controllen == 0) return;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control)) {
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            slot->own = address_of_ipv4(info.ipi_addr, 0);
            slot->has_own = 1;
        } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            slot->own = address_of_ipv6(&info.ipi6_addr, 0);
            slot->has_own = 1;
        }
    }
}

int datagram_batch_receive(datagram_batch *batch, int descriptor) {
    reset_for_receiving(batch, batch->used);
    batch->used = 0;
#if defined(__linux__)
    int received = recvmmsg(descriptor, batch->headers, batch->capacity, MSG_DONTWAIT, NULL);
    if (received < 0) return -errno;
#else
    int received = 0;
    while (received < (int)batch->capacity) {
        ssize_t length = recvmsg(descriptor, &batch->headers[received].msg_hdr, MSG_DONTWAIT);
        if (length < 0 && received == 0) return -errno;
        if (length < 0) break;
        batch->headers[received++].msg_len = (unsigned int)length;
    }
#endif
    batch->used = (uint32_t)received;
    for (int i = 0; i < received; i++) {
        datagram *slot = &batch->slots[i];
        const struct sockaddr_in6 *address = &batch->addresses[i];
        slot->count = batch->headers[i].msg_len;
        if (address->sin6_family == AF_INET) {
            const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
            slot->peer = address_of_ipv4(ipv4->sin_addr, ntohs(ipv4->sin_port));
        } else if (address->sin6_family == AF_INET6) {
            slot->peer = address_of_ipv6(&address->sin6_addr, ntohs(address->sin6_port));
        } else {
            slot->peer = (datagram_address){0, 0, 0};
        }
        read_own(slot, &batch->headers[i].msg_hdr);
    }
    return received;
}

static void write_address(datagram_batch *batch, uint32_t i, int is_ipv4) {
    datagram_address peer = batch->slots[i].peer;
    struct msghdr *message = &batch->headers[i].msg_hdr;
    if (is_ipv4) {
        struct sockaddr_in *address = (struct sockaddr_in *)&batch->addresses[i];
        memset(address, 0, sizeof *address);
        address->sin_family = AF_INET;
        address->sin_port = htons(peer.port);
        address->sin_addr.s_addr = htonl((uint32_t)peer.low);
        message->msg_namelen = sizeof *address;
    } else {
        struct sockaddr_in6 *address = &batch->addresses[i];
        memset(address, 0, sizeof *address);
        address->sin6_family = AF_INET6;
        address->sin6_port = htons(peer.port);
        address->sin6_addr = ipv6_of(peer);
        message->msg_namelen = sizeof *address;
    }
}

// ip(7), RFC 3542, 6.2: the source address, and 0 for whichever interface has it.
static void write_own(datagram_batch *batch, uint32_t i, int is_ipv4) {
    struct msghdr *message = &batch->headers[i].msg_hdr;
    const datagram *slot = &batch->slots[i];
    if (!slot->has_own) {
        message->msg_controllen = 0;
        return;
    }
    struct cmsghdr *control = message->msg_control;
    memset(control, 0, CONTROL);
    if (is_ipv4) {
        struct in_pktinfo info;
        memset(&info, 0, sizeof info);
        info.ipi_spec_dst.s_addr = htonl((uint32_t)slot->own.low);
        control->cmsg_level = IPPROTO_IP;
        control->cmsg_type = IP_PKTINFO;
        control->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(control), &info, sizeof info);
        message->msg_controllen = CMSG_SPACE(sizeof info);
    } else {
        struct in6_pktinfo info;
        memset(&info, 0, sizeof info);
        info.ipi6_addr = ipv6_of(slot->own);
        control->cmsg_level = IPPROTO_IPV6;
        control->cmsg_type = IPV6_PKTINFO;
        control->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(control), &info, sizeof info);
        message->msg_controllen = CMSG_SPACE(sizeof info);
    }
}

int datagram_batch_send(datagram_batch *batch, int descriptor, int is_ipv4, uint32_t first, uint32_t count) {
    for (uint32_t i = first; i < first + count; i++) {
        batch->parts[i].iov_base = (void *)batch->slots[i].bytes;
        batch->parts[i].iov_len = batch->slots[i].count;
        write_address(batch, i, is_ipv4);
        write_own(batch, i, is_ipv4);
    }
#if defined(__linux__)
    int sent = sendmmsg(descriptor, batch->headers + first, count, 0);
    return sent < 0 ? -errno : sent;
#else
    int sent = 0;
    for (; sent < (int)count; sent++) {
        ssize_t length = sendmsg(descriptor, &batch->headers[first + sent].msg_hdr, 0);
        if (length < 0) return sent > 0 ? sent : -errno;
    }
    return sent;
#endif
}
