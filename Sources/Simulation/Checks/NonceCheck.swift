import Basics
import Wire

/// Whether no key seals twice with one nonce, as far as that is seen from outside: on every datagram and in every envelope and
/// record.
///
/// Sessions count: under one key the counter of each datagram is above that of the one before. Handshakes seal under keys
/// made from a new ephemeral key: none comes in two different ones. An envelope's ephemeral key and nonces are in no
/// other, and a record's nonce is in no other. What is not seen: keys that differ on the wire and are the same all the same.
package struct NonceCheck {
    /// What one machine seals for the session that another names so, until a handshake gives that name to another key.
    private struct Direction: Hashable {
        let sender: HostID
        let receiver: HostID
        let index: UInt32
    }

    /// The last counters under the two newest keys that go by one name. A handshake that comes twice is answered twice, each
    /// time with a new key; and a datagram doesn't say which of them it is sealed under.
    private struct Counters {
        /// Of the newest key; −1: nothing was sealed yet.
        var newest: Int64 = -1
        /// Of the key before it; nil: there was none.
        var older: Int64?

        mutating func addKey() { (older, newest) = (newest, -1) }

        /// Whether the counter is above the last under one of the keys, as far as can be told the one that comes closest.
        mutating func see(_ counter: Int64) -> Bool {
            if let older, older < counter, newest >= counter || older > newest {
                self.older = counter
                return true
            }
            guard newest < counter else { return false }
            newest = counter
            return true
        }
    }

    private var counters: [Direction: Counters] = [:]
    /// The seals under each one-time value: the hash of the first.
    private var seals: [Bytes32: UInt64] = [:]
    package private(set) var findings = CheckFindings()

    package init() {}

    /// So many sessions, and as many one-time values, are followed: memory of some 100 MiB. Later ones aren't.
    static let followed = 1 << 20

    /// `receiver`: whom it reaches, if anybody.
    package mutating func sent(_ bytes: UnsafeRawBufferPointer, by host: HostID, to receiver: HostID?) {
        let span = bytes.bytes
        guard let kind = (try? DatagramKind(of: span)) else { return }
        switch kind {
        case .transport:
            guard let receiver, let index = UInt32(bigEndianBytes: span, at: TransportLayout.receiverIndex),
                let counter = UInt64(bigEndianBytes: span, at: TransportLayout.counter)
            else { return }
            count(counter, Direction(sender: host, receiver: receiver, index: index))
        case .initiation:
            // Outside of the transcript a cookie may be filled in.
            see(span, keyAt: InitiationLayout.noise, from: InitiationLayout.noise, "A handshake's ephemeral key", host)
        case .response:
            let isNew = see(
                span, keyAt: ResponseLayout.noise, from: ResponseLayout.noise, "A handshake's ephemeral key", host)
            guard isNew, let receiver else { return }
            // Two new keys: one under each of the two names.
            if let index = UInt32(bigEndianBytes: span, at: ResponseLayout.receiverIndex) {
                addKey(Direction(sender: host, receiver: receiver, index: index))
            }
            if let index = UInt32(bigEndianBytes: span, at: ResponseLayout.senderIndex) {
                addKey(Direction(sender: receiver, receiver: host, index: index))
            }
        case .unknownSession, .hello, .helloAnswer, .cookie: break
        }
    }

    private mutating func addKey(_ direction: Direction) {
        if counters[direction] != nil {
            counters[direction]?.addKey()
        } else if counters.count < NonceCheck.followed {
            counters[direction] = Counters()
        }
    }

    private mutating func count(_ counter: UInt64, _ direction: Direction) {
        let number = Int64(clamping: counter)
        if let place = counters.index(forKey: direction) {
            let last = counters.values[place]
            if !counters.values[place].see(number) {
                findings.add(
                    "Host \(direction.sender.index) sealed a datagram with the counter \(counter), after \(last.newest)."
                )
            }
        } else if counters.count < NonceCheck.followed {
            counters[direction] = Counters(newest: number)
        }
    }

    /// An envelope leaves a person's side: `conversations.md` draws what is sealed in it.
    package mutating func envelope(_ bytes: [UInt8], by host: HostID) {
        let span = bytes.span.bytes
        guard let start = (try? EnvelopeHeader(decoding: span))?.sealed.offset else { return }
        see(span, keyAt: start, from: 0, "An envelope's ephemeral key", host)
        see(span, nonceAt: start + 36, from: 0, "An envelope's first nonce", host)
        see(span, nonceAt: start + 204, from: 0, "An envelope's second nonce", host)
    }

    /// A record is published: its nonce comes first of what is sealed.
    package mutating func record(_ bytes: [UInt8], by host: HostID) {
        let span = bytes.span.bytes
        guard let start = (try? SignedRecord(decoding: span))?.sealed.offset else { return }
        see(span, nonceAt: start, from: start, "A record's nonce", host)
    }

    private mutating func see(_ span: RawSpan, nonceAt place: Int, from start: Int, _ what: String, _ host: HostID) {
        guard var nonce = Bytes32(span, at: place) else { return }
        nonce.words.3 = 0
        see(nonce, span, from: start, what, host)
    }

    @discardableResult
    private mutating func see(_ span: RawSpan, keyAt place: Int, from start: Int, _ what: String, _ host: HostID)
        -> Bool
    {
        Bytes32(span, at: place).map { see($0, span, from: start, what, host) } ?? false
    }

    /// Whoever uses a value again must have sealed the same from `start` on. Returns whether it is new; where there are too many
    /// to follow, it may be.
    @discardableResult
    private mutating func see(_ value: Bytes32, _ span: RawSpan, from start: Int, _ what: String, _ host: HostID)
        -> Bool
    {
        var hash = TraceHash()
        span.withUnsafeBytes { hash.add(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        if let before = seals[value] {
            if before != hash.value {
                findings.add("\(what) is in two different ones, the second of host \(host.index).")
            }
            return false
        }
        if seals.count < NonceCheck.followed { seals[value] = hash.value }
        return true
    }
}
