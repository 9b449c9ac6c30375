/// The first lines of an HTTP/1.1 response (RFC 9112, §4 and §5).
package struct HttpHead: Hashable, Sendable {
    package let status: Int
    /// By names in small letters; of several with one name the first counts.
    package let fields: [String: String]
    /// Bytes up to where the body begins.
    package let size: Int

    private static let end: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a]

    /// Nil where it isn't complete, or no such lines.
    package init?(_ bytes: [UInt8]) {
        guard let size = HttpHead.size(of: bytes, from: 0) else { return nil }
        self.init(bytes[..<size])
    }

    /// Reads the lines of a whole head; nil where they are none.
    init?(_ bytes: ArraySlice<UInt8>) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first?.split(separator: " "), first.count >= 2, first[0].hasPrefix("HTTP/1."),
            first[1].utf8.count == 3, let status = Int(first[1]), (100...599).contains(status)
        else { return nil }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            if fields[name] == nil { fields[name] = String(value) }
        }
        self.status = status
        self.fields = fields
        size = bytes.count
    }

    /// Where the empty line ends that follows a head. What lies before `start` was looked at before.
    static func size(of bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count - start >= end.count else { return nil }
        return (start...(bytes.count - end.count)).first { at in end.indices.allSatisfy { bytes[at + $0] == end[$0] } }
            .map { $0 + end.count }
    }

    /// Whether the body comes in chunks.
    var isChunked: Bool { fields["transfer-encoding"]?.lowercased() == "chunked" }
    /// Whether no body follows (RFC 9112, §6.3).
    var hasNoBody: Bool { status < 200 || status == 204 || status == 304 }
}

/// A whole HTTP/1.1 response.
public struct HttpReply: Hashable, Sendable {
    package let status: Int
    package let body: [UInt8]

    /// Nil where it is none, is longer than 64 KiB, or ends early.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= IgdLimits.reply, let head = HttpHead(bytes) else { return nil }
        status = head.status
        let rest = bytes[head.size...]
        if head.hasNoBody {
            body = []
        } else if head.isChunked {
            guard let whole = HttpReply.join(rest) else { return nil }
            body = whole
        } else if let text = head.fields["content-length"] {
            guard let length = Int(text), length >= 0, length <= rest.count else { return nil }
            body = Array(rest.prefix(length))
        } else {
            body = Array(rest)
        }
    }

    /// Puts the chunks of a body together (RFC 9112, §7.1).
    private static func join(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var (rest, body) = (bytes, [UInt8]())
        while let end = rest.firstIndex(of: 0x0a) {
            guard let size = chunkSize(rest[..<end]) else { return nil }
            rest = rest[(end + 1)...]
            if size == 0 { return body }
            guard rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }

    /// What the line before a chunk says, in hexadecimal digits; nil where it says no size that is read.
    static func chunkSize(_ line: ArraySlice<UInt8>) -> Int? {
        let digits = line.prefix { $0 != 0x0d && $0 != UInt8(ascii: ";") }
        guard (1...4).contains(digits.count), let size = Int(String(decoding: digits, as: UTF8.self), radix: 16),
            size >= 0
        else { return nil }
        return size
    }
}
