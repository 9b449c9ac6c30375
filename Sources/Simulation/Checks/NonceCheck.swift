import Basics
import Wire

/// What sends of a machine say about keys and nonces.
package enum NonceFact {
    /// Something was sealed under a value that must seal nothing else.
    case seal(Seal)
    /// There is a new key under which `sender` counts datagrams to the session of that name from now on. `mark`: of the
    /// handshake that made it.
    case newKey(sender: HostID, SessionName, mark: UInt64)
    /// A datagram's counter came before.
    case counted(UInt64, after: Int64)
}

/// Something sealed under a one-time value.
package struct Seal {
    /// What the value is.
    package enum Kind: String {
        case handshakeKey = "A handshake's ephemeral key"
        case envelopeNonce = "An envelope's nonce"
        case recordNonce = "A record's nonce"
    }

    let kind: Kind
    let value: Bytes32
    /// Of all that is sealed with it.
    let hash: UInt64

    /// A key of 32 bytes at a place of the bytes; what it seals begins at `start`. Nil where the bytes end before.
    init?(_ kind: Kind, keyAt place: Int, _ span: RawSpan, from start: Int) {
        guard let value = Bytes32(span, at: place) else { return nil }
        self.init(kind, value, span, from: start)
    }

    /// The same with a nonce of 24 bytes.
    init?(_ kind: Kind, nonceAt place: Int, _ span: RawSpan, from start: Int) {
        guard var value = Bytes32(span, at: place) else { return nil }
        value.words.3 = 0
        self.init(kind, value, span, from: start)
    }

    private init(_ kind: Kind, _ value: Bytes32, _ span: RawSpan, from start: Int) {
        var hash = TraceHash()
        span.withUnsafeBytes { hash.add(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        (self.kind, self.value, self.hash) = (kind, value, hash.value)
    }

    /// Those of an envelope that leaves a person's side: `conversations.md` draws what is sealed in it.
    package static func seals(ofEnvelope bytes: [UInt8]) -> [Seal] {
        let span = bytes.span.bytes
        guard let start = (try? EnvelopeHeader(decoding: span))?.sealed.offset else { return [] }
        return [Seal(.envelopeNonce, nonceAt: start, span, from: 0)].compactMap { $0 }
    }

    /// That of a record which is published: its nonce comes first of what is sealed. A policy has none.
    package static func seals(ofRecord bytes: [UInt8]) -> [Seal] {
        let span = bytes.span.bytes
        guard (try? MailboxPolicy(decoding: span)) == nil,
            let start = (try? SignedRecord(decoding: span))?.sealed.offset
        else { return [] }
        return [Seal(.recordNonce, nonceAt: start, span, from: start)].compactMap { $0 }
    }
}

/// Whether no key seals twice with one nonce, as far as that is seen from outside: on every datagram and in every envelope and
/// record.
///
/// Sessions count: under one key the counter of each datagram is above that of the one before (`SessionCounters`).
/// Handshakes seal under keys made from a new ephemeral key: none comes in two different ones. An envelope's nonce is
/// in no other, and a record's nonce is in no other. What is not seen: keys that differ on the wire and are
/// the same all the same.
package struct NonceCheck {
    /// The seals under each one-time value: the hash of the first.
    private var seals: [Bytes32: UInt64] = [:]
    package private(set) var findings = CheckFindings()

    package init() {}

    /// So many one-time values are followed: memory of some 50 MiB. Later ones aren't.
    static let followed = 1 << 20

    /// Looks at a datagram that a host sends; `receiver`: whom it reaches, if anybody. `counters` are the host's own.
    package static func inspect(
        _ bytes: UnsafeRawBufferPointer, by host: HostID, to receiver: HostID?, _ counters: inout SessionCounters,
        report: (NonceFact) -> Void
    ) {
        let span = bytes.bytes
        guard let kind = (try? DatagramKind(of: span)) else { return }
        switch kind {
        case .transport:
            guard let receiver, let index = UInt32(bigEndianBytes: span, at: TransportLayout.receiverIndex),
                let counter = UInt64(bigEndianBytes: span, at: TransportLayout.counter)
            else { return }
            if let last = counters.count(counter, SessionName(receiver, index)) {
                report(.counted(counter, after: last))
            }
        case .initiation:
            // Outside of the transcript a cookie may be filled in.
            let place = InitiationLayout.noise
            if let seal = Seal(.handshakeKey, keyAt: place, span, from: place) { report(.seal(seal)) }
        case .response:
            let place = ResponseLayout.noise
            guard let seal = Seal(.handshakeKey, keyAt: place, span, from: place) else { return }
            report(.seal(seal))
            guard let receiver else { return }
            // Two new keys: one under each of the two names.
            let mark = seal.value.words.0
            if let index = UInt32(bigEndianBytes: span, at: ResponseLayout.receiverIndex) {
                counters.addKey(SessionName(receiver, index), mark: mark)
            }
            if let index = UInt32(bigEndianBytes: span, at: ResponseLayout.senderIndex) {
                report(.newKey(sender: receiver, SessionName(host, index), mark: mark))
            }
        case .unknownSession, .hello, .helloAnswer, .cookie: break
        }
    }

    /// Whoever uses a value again must have sealed the same.
    package mutating func see(_ seal: Seal, by host: HostID) {
        if let before = seals[seal.value] {
            if before != seal.hash {
                findings.add("\(seal.kind.rawValue) is in two different ones, the second of host \(host.index).")
            }
        } else if seals.count < NonceCheck.followed {
            seals[seal.value] = seal.hash
        }
    }

    /// A machine has counted a datagram twice.
    package mutating func counted(_ counter: UInt64, after last: Int64, by host: HostID) {
        findings.add("Host \(host.index) sealed a datagram with the counter \(counter), after \(last).")
    }
}
