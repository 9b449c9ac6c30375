/// Takes an HTTP/1.1 response as it comes, and says when all of it is there: by the length that its head tells, by the last of
/// its chunks, or not before the connection ends.
///
/// Each byte is looked at once, in however small parts they come: a router that sends one at a time costs no more than one that
/// sends all at once.
public struct HttpReplyReader: Sendable {
    private enum Part {
        /// The end of the head is looked for from this byte on.
        case head(searched: Int)
        /// The response ends with this byte's predecessor.
        case body(end: Int)
        /// A chunk's line begins at the first of these bytes, and its end is looked for from the second on.
        case chunk(at: Int, searched: Int)
        /// It ends with the connection.
        case rest
        /// Nothing more belongs to it, or nothing more is read.
        case whole
    }

    /// What has come, but for what a router says before its response (status 1xx).
    public private(set) var bytes: [UInt8] = []
    private var part = Part.head(searched: 0)
    /// Bytes that have come, and heads before the response.
    private var (count, interimHeads) = (0, 0)

    /// Heads of status 1xx that are read: a router sends one, if any.
    private static let mostInterimHeads = 4

    public init() {}

    /// Whether no more bytes belong to the response, or it can't be read.
    public var isWhole: Bool { if case .whole = part { true } else { false } }

    /// More bytes have come.
    public mutating func add(_ more: some Sequence<UInt8>) {
        let before = bytes.count
        bytes += more
        count += bytes.count - before
        if count > IgdLimits.reply { part = .whole }
        while advance() {}
    }

    /// Goes on to the next part; false where that has not come yet, or there is none.
    private mutating func advance() -> Bool {
        switch part {
        case .head(let searched):
            guard let size = HttpHead.size(of: bytes, from: searched) else {
                // The last three bytes may begin the end.
                part = .head(searched: max(0, bytes.count - 3))
                return false
            }
            part = body(after: HttpHead(bytes[..<size]), size)
            return true
        case .body(let end):
            guard bytes.count >= end else { return false }
            part = .whole
            return false
        case .chunk(let start, let searched):
            guard searched <= bytes.count, let end = bytes[searched...].firstIndex(of: 0x0a) else {
                part = .chunk(at: start, searched: max(searched, bytes.count))
                return false
            }
            // Chunks end with the empty one. What may follow it (RFC 9112, §7.1.2) says nothing of the body.
            let size = HttpReply.chunkSize(bytes[start..<end]) ?? 0
            part = size == 0 ? .whole : .chunk(at: end + 1 + size + 2, searched: end + 1 + size + 2)
            return true
        case .rest, .whole: return false
        }
    }

    /// How the response goes on after its head; nil: those lines are none.
    private mutating func body(after head: HttpHead?, _ size: Int) -> Part {
        guard let head else { return .whole }
        if head.status < 200 {
            interimHeads += 1
            guard interimHeads <= HttpReplyReader.mostInterimHeads else { return .whole }
            bytes.removeFirst(size)
            return .head(searched: 0)
        }
        if head.hasNoBody { return .whole }
        if head.isChunked { return .chunk(at: size, searched: size) }
        guard let text = head.fields["content-length"] else { return .rest }
        guard let length = Int(text), length >= 0 else { return .whole }
        return .body(end: size + min(length, IgdLimits.reply))
    }
}
