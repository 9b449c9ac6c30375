import Basics
import Wire

/// What the sealed header of a message says of its place in a session.
struct MessageHeader: Equatable {
    /// The key of the sender's chain.
    let ratchetKey: PublicKey
    /// Messages in the sender's chain before this one.
    let previousCount: UInt32
    /// The message's number in its chain, from 0.
    let number: UInt32

    static let byteCount = 45
    /// What later versions may raise. Those they write are left where they are.
    private static let version: UInt8 = 1

    init(ratchetKey: PublicKey, previousCount: UInt32, number: UInt32) {
        self.ratchetKey = ratchetKey
        self.previousCount = previousCount
        self.number = number
    }

    /// Key 32 ‖ previous count u32 ‖ number u32.
    var place: [UInt8] { ratchetKey.bytes.array + previousCount.bigEndianBytes + number.bigEndianBytes }

    /// The same ‖ version u8 ‖ zeros 4.
    var encoded: [UInt8] { place + [MessageHeader.version, 0, 0, 0, 0] }

    init(_ bytes: [UInt8]) throws(OpenError) {
        let span = bytes.span.bytes
        guard bytes.count == MessageHeader.byteCount, bytes[40] == MessageHeader.version else { throw .unknownVersion }
        guard let header = MessageHeader(place: span, at: 0) else { throw .malformed }
        self = header
    }

    init?(place span: RawSpan, at offset: Int) {
        guard let key = Bytes32(span, at: offset), let previous = UInt32(bigEndianBytes: span, at: offset + 32),
            let number = UInt32(bigEndianBytes: span, at: offset + 36)
        else { return nil }
        self.init(ratchetKey: PublicKey(key), previousCount: previous, number: number)
    }
}

/// The sealed header of a first message: sender's peer ID 32 ‖ place 40 ‖ initiator's generation u32 ‖ session's number
/// u32 ‖ responder's generation u32.
struct FirstHeader {
    /// Only the content that opens with what their key agrees on proves it.
    let sender: PeerID
    let place: MessageHeader
    let name: SessionName
    /// The responder's generation, as the initiator read it in their record.
    let responderGeneration: UInt32

    private static let byteCount = 84

    var encoded: [UInt8] {
        sender.bytes.array + place.place + name.generation.bigEndianBytes + name.number.bigEndianBytes
            + responderGeneration.bigEndianBytes
    }

    init(sender: PeerID, place: MessageHeader, name: SessionName, responderGeneration: UInt32) {
        self.sender = sender
        self.place = place
        self.name = name
        self.responderGeneration = responderGeneration
    }

    init?(_ bytes: [UInt8]) {
        let span = bytes.span.bytes
        guard bytes.count == FirstHeader.byteCount, let sender = Bytes32(span),
            let place = MessageHeader(place: span, at: 32), let generation = UInt32(bigEndianBytes: span, at: 72),
            let number = UInt32(bigEndianBytes: span, at: 76), let other = UInt32(bigEndianBytes: span, at: 80)
        else { return nil }
        self.sender = PeerID(sender)
        self.place = place
        name = SessionName(isOwn: false, generation: generation, number: number)
        responderGeneration = other
    }
}

/// Names a session between two people.
public struct SessionName: Hashable, Sendable {
    /// Whether this person opened it.
    public let isOwn: Bool
    /// The opener's generation: one more each time that they went on from an older copy of their data.
    public let generation: UInt32
    /// One more than that of every session between the two that the opener knew of.
    public let number: UInt32

    public init(isOwn: Bool, generation: UInt32, number: UInt32) {
        self.isOwn = isOwn
        self.generation = generation
        self.number = number
    }
}
