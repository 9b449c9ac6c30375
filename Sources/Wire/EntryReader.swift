import Basics

/// One envelope of a mailbox as a list names it.
public struct MailboxEntry: Hashable, Sendable {
    public let envelope: EnvelopeID
    /// Bytes of the whole envelope: one of `Limits.sizeClasses`.
    public let size: Int

    public init(envelope: EnvelopeID, size: Int) {
        self.envelope = envelope
        self.size = size
    }
}

/// Reads the entries of a page, one by one: each 32 bytes of envelope ID and its size as u32, IDs strictly ascending.
public struct EntryReader: Sendable {
    public static let entryByteCount = 36

    private var reader: ByteReader

    /// `range` is what a `Response.page` names.
    public init(_ range: ByteRange) { reader = ByteReader(range) }

    /// The next entry, or nil after the last. `body` is what the response was decoded from.
    public mutating func next(in body: RawSpan) -> MailboxEntry? {
        reader.isAtEnd ? nil : try? reader.mailboxEntry(body)
    }

    /// Checks every entry, their order and number.
    static func check(_ range: ByteRange, _ body: RawSpan) throws(DecodeError) -> ByteRange {
        guard range.count <= Limits.entriesPerPage * entryByteCount else { throw .oversized }
        var reader = ByteReader(range)
        var last: EnvelopeID?
        while !reader.isAtEnd {
            let entry = try reader.mailboxEntry(body)
            if let last, entry.envelope <= last { throw .contradictory }
            last = entry.envelope
        }
        return range
    }
}

extension ByteReader {
    fileprivate mutating func mailboxEntry(_ span: RawSpan) throws(DecodeError) -> MailboxEntry {
        let envelope = EnvelopeID(try bytes32(span))
        guard let size = Int(exactly: try u32(span)), Limits.sizeClasses.contains(size) else { throw .outOfRange }
        return MailboxEntry(envelope: envelope, size: size)
    }
}

extension ByteWriter {
    /// Appends one entry as `EntryReader` reads it.
    public mutating func mailboxEntry(_ entry: MailboxEntry) {
        bytes32(entry.envelope.bytes)
        u32(UInt32(clamping: entry.size))
    }
}
