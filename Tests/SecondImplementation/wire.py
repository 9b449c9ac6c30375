"""Datagrams, sessions and RPCs (docs/protocol.md, "Datagrams" and "RPCs"): the side that asks, and that is told what it has
subscribed to."""
import os
import select
import socket
import struct
import time

import sodium
from noise import Initiator, nonce
from person import number, u
from sodium import blake2b

PING, FIND_NODE, GET_RECORD, PUT_RECORD, DEPOSIT, AUTHORIZE, LIST, FETCH, DISCARD = range(1, 10)
SUBSCRIBE, PUNCH, ANNOUNCE = 11, 14, 18
(OUTCOME, LOCATION, OBJECT, SIZE, INDEX, BYTES, TARGET, COUNT, FAMILIES, KEY, SIGNATURE, AFTER, TOMBSTONES, ENDPOINT,
 TIME, CONTACTS, RECEIVED, ENTRIES, MORE, REASON, RETRY_AFTER) = range(1, 22)
DURATION, ALTERNATE, CHALLENGE = 25, 28, 34
DONE, PARTIAL, COLLECTED, REFUSED = range(4)
CHUNK = 896
ENTRY, PAGE = 36, 24
INVALID, UNAUTHORIZED, BUSY, NOT_FOUND = 4, 6, 7, 9
# For how long a client subscribes, how often it asks to go on, and the least time between announcements that it answers; in seconds.
SUBSCRIPTION, RENEWAL, TELLING = 600, 25, 0.05


# Bodies: kind u8, request ID u32, then fields in strictly ascending order

def body(kind, request, pairs):
    return u(kind, 1) + u(request, 4) + b"".join(u(t, 1) + u(len(v), 2) + v for t, v in sorted(pairs))


def read_body(data):
    """Kind (the highest bit set in a response), request ID, fields by tag."""
    if not 5 <= len(data) <= 1_000:
        raise ValueError("malformed body")
    found, at, last = {}, 5, -1
    while at < len(data):
        tag, size = data[at], number(data[at + 1:at + 3])
        value = data[at + 3:at + 3 + size]
        if at + 3 > len(data) or len(value) != size or tag <= last:
            raise ValueError("malformed fields")
        found[tag], last = value, tag
        at += 3 + size
    return data[0], number(data[1:5]), found


def handshake_payload(mode, content, padded_to=0, alternate=None):
    stated = b"" if alternate is None else u(ALTERNATE, 1) + u(18, 2) + alternate
    return (b"\1" + u(mode, 1) + u(len(content), 2) + content + stated).ljust(padded_to, b"\0")


def read_handshake_payload(payload):
    """Mode, RPC body, and the sender's endpoint of the other family as 18 bytes, or None. Fields stand behind the body up to the
    first tag 0; one that is malformed counts as none."""
    count = number(payload[2:4])
    if payload[0] < 1 or payload[1] > 1 or count > min(1_000, len(payload) - 4):
        raise ValueError("malformed payload")
    alternate, at, last = None, 4 + count, 0
    while at + 3 <= len(payload) and payload[at] > last:
        last, size = payload[at], number(payload[at + 1:at + 3])
        value = payload[at + 3:at + 3 + size]
        if len(value) == size == 18 and last == ALTERNATE:
            alternate = value
        at += 3 + size
    return payload[1], payload[4:4 + count], alternate


def read_contacts(data):
    """Pairs of key and (host, port), IPv4 first; a contact without it is left out here, as this side has only IPv4."""
    found, at = [], 0
    while at < len(data):
        key, families = data[at:at + 32], data[at + 32]
        at += 33
        if families & 1:
            found.append((key, (socket.inet_ntop(socket.AF_INET, data[at:at + 4]), number(data[at + 4:at + 6]))))
            at += 6
        if families & 2:
            at += 18
    return found


def read_entries(data):
    """Envelope IDs and sizes of a list or an announcement; of a list there may be none."""
    found = [(data[at:at + 32], number(data[at + 32:at + ENTRY])) for at in range(0, len(data), ENTRY)]
    if len(data) % ENTRY or len(found) > PAGE or any(one[0] >= other[0] for one, other in zip(found, found[1:])):
        raise ValueError("malformed entries")
    return found


def chunks(data):
    return [data[i:i + CHUNK] for i in range(0, len(data), CHUNK)]


def initiation(index, message, cookie=bytes(16)):
    return b"\1" + u(index, 4) + cookie + message


class Silence(Exception):
    """Nobody answered."""


class Refused(Exception):
    def __init__(self, fields):
        super().__init__(f"refused, reason {fields[REASON][0]}")
        self.reason = fields[REASON][0]
        self.retry_after = number(fields.get(RETRY_AFTER, b""))


def hello(address, patience=5.0):
    """The static key of whoever is at an address, its mode, and where it sees us."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(0.5)
        question, end = os.urandom(8), time.monotonic() + patience
        while time.monotonic() < end:
            link.sendto((b"\5" + question).ljust(64, b"\0"), address)
            try:
                answer, sender = link.recvfrom(1_500)
            except TimeoutError:
                continue
            if sender == address and len(answer) == 60 and answer[:9] == b"\6" + question:
                return answer[9:41], answer[41], (answer[42:58], struct.unpack(">H", answer[58:60])[0])
    raise Silence(address)


class Session:
    """A session with one node, opened with its first request, as a client under a key of its own."""

    def __init__(self, address, remote, network="main", static=None):
        self.address, self.remote = address, remote
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.link.settimeout(0.5)
        self.prologue = b"roost/1 " + network.encode()
        self.static = static or os.urandom(32)
        self.open = False
        self.subscribed, self.announced, self.renewed, self.told = set(), [], 0.0, 0.0
        self.brought, self.collected = set(), []
        self.challenged = 0

    def close(self):
        self.link.close()

    def move(self):
        """Goes on from another port, as behind a NAT that has forgotten this session."""
        self.link.close()
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.link.settimeout(0.5)

    @property
    def responder(self):
        """The responder's node ID."""
        return blake2b(self.remote)

    def ask(self, kind, pairs, patience=6.0):
        """The outcome and fields of the response. A refusal is raised."""
        request = number(os.urandom(4))
        content = body(kind, request, pairs)
        self.expected = u(kind | 0x80, 1) + u(request, 4)
        answer = b""
        if not self.open:
            datagram = self._handshake(content)
            answer = self._exchange(lambda: datagram, patience)
        if not answer:
            # Message 2 brought no response, as it would be too long or has to wait: the request goes over the session. Each
            # counter is accepted once, so that a repeated request is sealed anew.
            answer = self._exchange(lambda: self._transport(content), patience)
        answered, repeated, found = read_body(answer)
        if answered != kind | 0x80 or repeated != request:
            raise ValueError("another answer")
        if found[OUTCOME][0] == REFUSED:
            raise Refused(found)
        return found[OUTCOME][0], found

    def _handshake(self, content):
        self.index = number(os.urandom(4))
        self.noise = Initiator(self.prologue, self.static, self.remote, os.urandom(32))
        message = self.noise.write(handshake_payload(0, content, 1_083))
        return initiation(self.index, message)

    def _transport(self, content):
        self.sent += 1
        counter = self.sent - 1
        return b"\3" + u(self.remote_index, 4) + u(counter, 8) + sodium.seal(
            content, nonce(counter), self.sending, b"")

    def _exchange(self, next_datagram, patience):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            datagram = next_datagram()
            self.link.sendto(datagram, self.address)
            try:
                while True:
                    answer, sender = self.link.recvfrom(1_500)
                    index = answer[5:9] if answer[0] == 2 else answer[1:5]
                    if sender != self.address or number(index) != self.index:
                        continue
                    if answer[0] == 7 and not self.open:
                        # A cookie: the otherwise same initiation again.
                        self.link.sendto(datagram[:5] + answer[5:21] + datagram[21:], self.address)
                    elif answer[0] == 2 and not self.open:
                        return self._finish(answer)
                    elif answer[0] == 3 and self.open:
                        content = self._unseal(answer)
                        # What else comes is the answer to an earlier request that was repeated, or a request of the node's own.
                        if content[:5] == self.expected:
                            return content
                        self._heed(content)
            except TimeoutError:
                pass
        raise Silence(self.address)

    def _finish(self, answer):
        self.remote_index = number(answer[1:5])
        _, content, _ = read_handshake_payload(self.noise.read(answer[9:]))
        self.sending, self.receiving = self.noise.state.split()
        self.hash, self.sent, self.open = self.noise.state.hash, 0, True
        # An empty transport datagram proves this address.
        self.link.sendto(self._transport(b""), self.address)
        return content

    def _unseal(self, datagram):
        return sodium.unseal(datagram[13:], nonce(number(datagram[5:13])), self.receiving, b"")

    # What the node says by itself

    def hear(self):
        """Takes in one datagram that came when nothing was asked."""
        datagram, sender = self.link.recvfrom(1_500)
        if sender == self.address and datagram[0] == 3 and number(datagram[1:5]) == self.index:
            self._heed(self._unseal(datagram))

    def is_unknown(self):
        """Whether what is sent now is answered by the hint that the session isn't known over this path."""
        datagram, end = self._transport(body(PING, 7, [])), time.monotonic() + 2
        self.link.sendto(datagram, self.address)
        while time.monotonic() < end:
            try:
                answer, sender = self.link.recvfrom(1_500)
            except TimeoutError:
                continue
            if sender == self.address and answer == b"\4" + datagram[1:5] + datagram[-16:]:
                return True
        return False

    def _heed(self, content):
        """Answers a challenge of this path, and a request to announce. Other requests of a node's own stay unanswered."""
        if len(content) >= 5 and content[0] == PING:
            return self._answer_challenge(content)
        if len(content) < 5 or content[0] != ANNOUNCE:
            return
        try:
            found = read_body(content)[2]
            place, entries = found[LOCATION], read_entries(found.get(ENTRIES, b""))
            if len(place) != 32 or (ENTRIES in found) == (TOMBSTONES in found) or (ENTRIES in found and not entries):
                reason = INVALID
            elif TOMBSTONES in found:
                reason = None if place in self.brought else UNAUTHORIZED
            else:
                reason = None if place in self.subscribed else UNAUTHORIZED
        except (ValueError, KeyError):
            reason = INVALID
        if reason is None and TOMBSTONES in found:
            self.collected.append((place, found[TOMBSTONES]))
            return self.answer(content, None)
        if reason is None:
            before, self.told = self.told, time.monotonic()
            if self.told - before < TELLING:
                return
            self.announced.append((place, entries))
        self.answer(content, reason)

    def _answer_challenge(self, content):
        """
        Repeats the bytes of a challenge, and says what every answer to a ping says, over the session's own path. What comes from elsewhere isn't
        read at all, so that nobody who sends a challenge on from another address gets its bytes back.
        """
        _, request, found = read_body(content)
        if CHALLENGE not in found or len(found[CHALLENGE]) != 8:
            return
        host, port = self.address
        self.challenged += 1
        self.link.sendto(self._transport(body(PING | 0x80, request, [
            (OUTCOME, u(DONE, 1)), (ENDPOINT, bytes(10) + b"\xff\xff" + socket.inet_aton(host) + u(port, 2)),
            (TIME, u(int(time.time()), 8)), (CHALLENGE, found[CHALLENGE])])), self.address)

    def answer(self, request, reason):
        """Done where there is no reason to refuse."""
        outcome = [(OUTCOME, u(DONE, 1))] if reason is None else [(OUTCOME, u(REFUSED, 1)), (REASON, u(reason, 1))]
        self.link.sendto(self._transport(body(request[0] | 0x80, number(request[1:5]), outcome)), self.address)

    # What takes more than one request

    def authorize(self, mailbox):
        """Opens a mailbox to this session, which must be open itself."""
        statement = b"roost authorize" + mailbox.location + self.hash + self.responder
        self.ask(AUTHORIZE, [(LOCATION, mailbox.location), (KEY, mailbox.key), (SIGNATURE, mailbox.sign(statement))])

    def subscribe(self, place, seconds=SUBSCRIPTION):
        """For how many seconds the node will announce what comes into a mailbox."""
        # An announcement may overtake the response.
        had, self.renewed = place in self.subscribed, time.monotonic()
        self.subscribed.add(place)
        try:
            granted = number(self.ask(SUBSCRIBE, [(LOCATION, place), (DURATION, u(seconds, 4))])[1][DURATION])
        except Refused:
            if not had:
                self.subscribed.remove(place)
            raise
        if granted > min(seconds, 3_600):
            raise ValueError("more was granted than asked, or than an hour")
        if not granted:
            self.subscribed.remove(place)
        return granted

    def upload(self, kind, where, whole):
        """Brings a record or an envelope, chunk by chunk. The outcome of the last, and its fields."""
        parts, received = chunks(whole), 0
        self.brought.add(where)
        # A bitmap may lack a chunk that was sent, as in the answer to an initiation: then it is sent again.
        for _ in range(3):
            for index, part in enumerate(parts):
                if received >> index & 1:
                    continue
                outcome, found = self.ask(kind, [
                    (LOCATION, where), (OBJECT, blake2b(whole)), (SIZE, u(len(whole), 4)), (INDEX, u(index, 1)),
                    (BYTES, part)])
                if outcome != PARTIAL:
                    return outcome, found
                received = number(found[RECEIVED])
        return outcome, found

    def download(self, kind, pairs):
        """Fetches a record or an envelope, chunk by chunk."""
        whole, size, index = b"", None, 0
        while size is None or len(whole) < size:
            _, found = self.ask(kind, pairs + [(INDEX, u(index, 1))])
            size = number(found[SIZE])
            whole, index = whole + found[BYTES], index + 1
        return whole


def listen(sessions, seconds):
    """Waits until a node has announced something over one of these sessions, or the time is over. Asks to go on meanwhile."""
    end = time.monotonic() + seconds
    while not any(session.announced for session in sessions) and time.monotonic() < end:
        ready, _, _ = select.select([session.link for session in sessions], [], [], min(1, max(0, end - time.monotonic())))
        for session in sessions:
            if session.link in ready:
                session.hear()
            if session.subscribed and time.monotonic() - session.renewed > RENEWAL:
                for place in list(session.subscribed):
                    session.subscribe(place)


def refusal(session, kind, pairs):
    """Why this is refused, or None where it is done."""
    try:
        session.ask(kind, pairs)
    except Refused as refused:
        return refused.reason
    return None
