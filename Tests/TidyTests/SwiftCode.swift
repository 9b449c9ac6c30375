/// Swift text with all that is no code blanked, so that rules don't fire on comments and messages.
enum SwiftCode {
    /// Comments and the contents of string literals become spaces; line breaks and everything else stay in place.
    ///
    /// Code inside an interpolation is blanked with its string: a rule can be evaded there, but not by accident.
    static func strip(_ text: String) -> String {
        var stripper = Stripper(source: Array(text.utf8))
        return String(decoding: stripper.run(), as: UTF8.self)
    }
}

/// One pass over a text, byte by byte: what ends comments and strings is ASCII.
private struct Stripper {
    let source: [UInt8]
    var output: [UInt8] = []
    var index = 0

    init(source: [UInt8]) { self.source = source }

    mutating func run() -> [UInt8] {
        output.reserveCapacity(source.count)
        while index < source.count {
            if isNext("//") {
                while index < source.count, source[index] != UInt8(ascii: "\n") { blank(1) }
            } else if isNext("/*") {
                blankComment()
            } else if source[index] == UInt8(ascii: "\"") || source[index] == UInt8(ascii: "#"), let hashes = hashes {
                blankString(hashes: hashes)
            } else {
                keep(1)
            }
        }
        return output
    }

    /// A comment in `/*` and `*/`, which nests.
    private mutating func blankComment() {
        var depth = 0
        repeat {
            if isNext("/*") {
                depth += 1
                blank(2)
            } else if isNext("*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && index < source.count
    }

    /// The `#` before the quote of a string literal that begins here, or nil where none does.
    private var hashes: String? {
        let count = source[index...].prefix { $0 == UInt8(ascii: "#") }.count
        let quote = index + count
        return quote < source.count && source[quote] == UInt8(ascii: "\"") ? String(repeating: "#", count: count) : nil
    }

    private mutating func blankString(hashes: String) {
        keep(hashes.utf8.count)
        let quotes = isNext("\"\"\"") ? "\"\"\"" : "\""
        keep(quotes.utf8.count)
        let escape = "\\" + hashes
        while index < source.count, !isNext(quotes + hashes) {
            if isNext(escape + "(") {
                blankInterpolation(after: escape)
            } else {
                blank(isNext(escape) ? escape.utf8.count + 1 : 1)
            }
        }
        keep(quotes.utf8.count + hashes.utf8.count)
    }

    /// From the escape to the parenthesis that closes it.
    private mutating func blankInterpolation(after escape: String) {
        blank(escape.utf8.count)
        var depth = 0
        repeat {
            if isNext("(") { depth += 1 }
            if isNext(")") { depth -= 1 }
            blank(1)
        } while depth > 0 && index < source.count
    }

    private func isNext(_ literal: String) -> Bool {
        source[index] == literal.utf8.first && source[index...].starts(with: literal.utf8)
    }

    private mutating func keep(_ count: Int) {
        let end = min(index + count, source.count)
        output += source[index..<end]
        index = end
    }

    private mutating func blank(_ count: Int) {
        let end = min(index + count, source.count)
        output += source[index..<end].map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
        index = end
    }
}
