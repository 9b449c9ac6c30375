import Platform

/// The one way in which the API and the command line write JSON: keys in alphabetical order, times as RFC 3339 in UTC, and
/// nothing that a terminal would act on.
public enum ControlJSON {
    /// One line, without a line end.
    public static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return escapingControls(try encoder.encode(value))
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: data)
    }

    /// Writes as `\uXXXX` what JSON allows and a terminal or an editor takes for more than text: DEL, the controls from U+0080
    /// to U+009F, the line and paragraph separators, and what changes the direction of writing. All of them can only stand
    /// within strings.
    static func escapingControls(_ json: Data) -> Data {
        // Nearly all that is written is plain ASCII.
        if json.withUnsafeBytes({ bytes in bytes.allSatisfy { $0 < 0x7f } }) { return json }
        var escaped: Data?
        var copied = json.startIndex
        var index = json.startIndex
        while index < json.endIndex {
            guard let (scalar, count) = control(in: json, at: index) else {
                index += 1
                continue
            }
            let digits = String(scalar, radix: 16)
            escaped = (escaped ?? Data()) + json[copied..<index]
            escaped?.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
            index += count
            copied = index
        }
        return escaped.map { $0 + json[copied...] } ?? json
    }

    /// The scalar to be escaped that begins at an index, and its bytes of UTF-8.
    private static func control(in json: Data, at index: Data.Index) -> (scalar: UInt32, count: Int)? {
        func byte(_ offset: Int) -> UInt8 { index + offset < json.endIndex ? json[index + offset] : 0 }
        switch (json[index], byte(1), byte(2)) {
        case (0x7f, _, _): return (0x7f, 1)
        case (0xc2, let second, _) where (0x80...0x9f).contains(second): return (UInt32(second), 2)
        case (0xe2, 0x80, let third) where (0xa8...0xae).contains(third): return (0x2000 + UInt32(third) - 0x80, 3)
        case (0xe2, 0x81, let third) where (0xa6...0xa9).contains(third): return (0x2040 + UInt32(third) - 0x80, 3)
        default: return nil
        }
    }
}
