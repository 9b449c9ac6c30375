import Basics
import Storage
import Wire

/// What the index of mailboxes states of one envelope. In the store: `size u32 ‖ last day u32`.
struct IndexEntry: Hashable {
    /// Bytes of the envelope: one of `Limits.sizeClasses`.
    let size: Int
    /// The last day on which the envelope may be fetched.
    let lastDay: Day

    static let byteCount = 8

    /// Nil for bytes that the index never holds.
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount == IndexEntry.byteCount, let stored = UInt32(bigEndianBytes: bytes),
            let day = UInt32(bigEndianBytes: bytes, at: 4), let size = Int(exactly: stored),
            Limits.sizeClasses.contains(size)
        else { return nil }
        self.size = size
        lastDay = Day(number: day)
    }

    /// The entry for an envelope, from its head; nil where that is not the head of an envelope of this size.
    init?(size: Int, head: RawSpan) {
        guard let header = try? EnvelopeHeader(decodingStart: head), header.size == size else { return nil }
        self.init(header)
    }

    init(_ header: EnvelopeHeader) {
        size = header.size
        lastDay = header.expiry
    }

    var bytes: [UInt8] { (UInt64(UInt32(clamping: size)) << 32 | UInt64(lastDay.number)).bigEndianBytes }
}

extension StoreView {
    /// Keeps an envelope under its key, with its entry in the index.
    mutating func putEnvelope(_ key: [UInt8], _ bytes: [UInt8], _ header: EnvelopeHeader) -> Ticket {
        put(.mailboxes, key, IndexEntry(header).bytes)
        return put(.envelopes, key, bytes)
    }

    /// Removes an envelope with its entry in the index.
    mutating func removeEnvelope(_ key: [UInt8]) {
        remove(.mailboxes, key)
        remove(.envelopes, key)
    }

    /// Whether an envelope is stored under a key.
    func holdsEnvelope(_ key: [UInt8]) -> Bool { readHead(.envelopes, key) { _, _ in } }
}
