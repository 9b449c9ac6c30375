import Basics

/// A message that may be withheld, as it is on disk; drawn at `InboxTable`.
struct WithheldEntry {
    let position: InboxPosition
    let parent: MessageID
    let receivedAt: UnixTime

    var encoded: [UInt8] {
        parent.array + position.lamport.bigEndianBytes + receivedAt.seconds.bigEndianBytes
    }

    init(position: InboxPosition, parent: MessageID, receivedAt: UnixTime) {
        self.position = position
        self.parent = parent
        self.receivedAt = receivedAt
    }

    init?(_ key: RawSpan, _ value: RawSpan) {
        guard key.byteCount == 49, value.byteCount == 32, let id = UInt128(bigEndianBytes: key, at: 1),
            let from = Bytes32(key, at: 17), let parent = UInt128(bigEndianBytes: value),
            let lamport = UInt64(bigEndianBytes: value, at: 16), let seconds = Int64(bigEndianBytes: value, at: 24)
        else { return nil }
        position = InboxPosition(lamport: lamport, from: PeerID(from), id: MessageID(id))
        self.parent = MessageID(parent)
        receivedAt = UnixTime(seconds: seconds)
    }
}
