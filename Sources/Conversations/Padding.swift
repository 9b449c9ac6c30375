/// Padding by ISO/IEC 7816-4: content ‖ 80 ‖ zeros.
enum Padding {
    private static let endOfContent: UInt8 = 0x80

    /// Content and as much padding as makes `count` bytes: one at least.
    static func add(to content: [UInt8], upTo count: Int) -> [UInt8] {
        content + [endOfContent] + [UInt8](repeating: 0, count: max(0, count - 1 - content.count))
    }

    /// How many bytes of content there are; nil where the padding is none.
    static func contentCount(of padded: [UInt8]) -> Int? {
        guard let end = padded.lastIndex(where: { $0 != 0 }), padded[end] == endOfContent else { return nil }
        return end
    }
}
