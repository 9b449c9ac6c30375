/// The first lines of an HTTP/1.1 response (RFC 9112, §4 and §5).
package struct HttpHead: Hashable, Sendable {
    package let status: Int
    /// By names in small letters; of several with one name the first counts.
    package let fields: [String: String]
    /// Bytes up to where the body begins.
    package let size: Int

    /// Nil where it isn't complete, or no such lines.
    package init?(_ bytes: [UInt8]) {
        guard let size = HttpHead.size(of: bytes) else { return nil }
        let lines = String(decoding: bytes[..<size], as: UTF8.self).split(separator: "\r\n")
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
        self.size = size
    }

    private static func size(of bytes: [UInt8]) -> Int? {
        let end: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a]
        guard bytes.count >= end.count else { return nil }
        return (0...(bytes.count - end.count)).first { bytes[$0..<($0 + end.count)].elementsEqual(end) }.map { $0 + 4 }
    }
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
        if head.fields["transfer-encoding"]?.lowercased() == "chunked" {
            guard let whole = HttpReply.join(rest) else { return nil }
            body = whole
        } else if let text = head.fields["content-length"] {
            guard let length = Int(text), length >= 0, length <= rest.count else { return nil }
            body = Array(rest.prefix(length))
        } else {
            body = Array(rest)
        }
    }

    /// Whether no more bytes belong to a response that has come so far, or so many have come that no more are read. Where its
    /// length isn't told, it ends with the connection.
    public static func isWhole(_ bytes: [UInt8]) -> Bool {
        if bytes.count > IgdLimits.reply { return true }
        guard let head = HttpHead(bytes) else { return false }
        guard let length = head.fields["content-length"].flatMap({ Int($0) }) else { return false }
        return bytes.count - head.size >= length
    }

    /// Puts the chunks of a body together (RFC 9112, §7.1).
    private static func join(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var (rest, body) = (bytes, [UInt8]())
        while let end = rest.firstIndex(of: 0x0a) {
            let digits = rest[..<end].prefix { $0 != 0x0d && $0 != UInt8(ascii: ";") }
            guard (1...4).contains(digits.count), let size = Int(String(decoding: digits, as: UTF8.self), radix: 16),
                size >= 0
            else { return nil }
            rest = rest[(end + 1)...]
            if size == 0 { return body }
            guard rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }
}
