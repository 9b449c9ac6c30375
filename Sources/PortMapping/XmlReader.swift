/// Reads the little of XML that routers answer: elements and the text in them.
///
/// Attributes, comments and processing instructions are passed over. There are no entities, no document types and no CDATA: a
/// document with them counts as malformed, and so nothing in it can grow.
package struct XmlReader {
    package enum Event: Hashable {
        /// An element begins, or ends; its name without a prefix.
        case begins(String)
        case ends(String)
        /// Text, without white space at its ends.
        case text(String)
    }

    private let bytes: [UInt8]
    private var place = 0
    private var names: [String] = []
    /// The end of an element that has no content.
    private var pending: Event?
    /// Whether it can't be read further.
    package private(set) var isMalformed = false

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next event; nil at the end, or where it is malformed.
    package mutating func next() -> Event? {
        if let event = pending {
            pending = nil
            return event
        }
        while !isMalformed, place < bytes.count {
            guard bytes[place] == UInt8(ascii: "<") else {
                let end = bytes[place...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
                let text = XmlReader.trimmed(bytes[place..<end])
                place = end
                if !text.isEmpty { return .text(text) }
                continue
            }
            if starts("<?") {
                skip(past: "?>")
            } else if starts("<!--") {
                skip(past: "-->")
            } else if let event = readTag() {
                return event
            } else {
                isMalformed = true
            }
        }
        if !names.isEmpty { isMalformed = true }
        return nil
    }

    private func starts(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[place...].starts(with: $0) }
    }

    private mutating func skip(past end: StaticString) {
        while place < bytes.count {
            if starts(end) {
                place += end.utf8CodeUnitCount
                return
            }
            place += 1
        }
        isMalformed = true
    }

    private mutating func readTag() -> Event? {
        guard let end = endOfTag() else { return nil }
        var inside = bytes[(place + 1)..<end]
        place = end + 1
        let isEnd = inside.first == UInt8(ascii: "/")
        if isEnd { inside = inside.dropFirst() }
        let isEmpty = inside.last == UInt8(ascii: "/")
        if isEmpty { inside = inside.dropLast() }
        let full = inside.prefix { !XmlReader.isSpace($0) }
        let local = full.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).last ?? []
        guard (1...64).contains(local.count), local.allSatisfy(XmlReader.isOfName) else { return nil }
        let name = String(decoding: local, as: UTF8.self)
        if isEnd { return names.popLast() == name ? .ends(name) : nil }
        if isEmpty {
            pending = .ends(name)
        } else {
            guard names.count < IgdLimits.depth else { return nil }
            names.append(name)
        }
        return .begins(name)
    }

    /// Where the tag ends that begins here: `>` may stand in the value of an attribute.
    private func endOfTag() -> Int? {
        var quote: UInt8?
        for index in place..<bytes.count {
            let byte = bytes[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return index
            }
        }
        return nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        let start = bytes.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start.startIndex
        return String(decoding: start[start.startIndex..<end], as: UTF8.self)
    }
}

extension XmlReader {
    /// The first text of each of some elements, wherever they lie; nil where the document is malformed.
    package static func texts(of wanted: Set<String>, in bytes: [UInt8]) -> [String: String]? {
        var reader = XmlReader(bytes)
        var found: [String: String] = [:]
        var last = ""
        while let event = reader.next() {
            switch event {
            case .begins(let name): last = name
            case .ends: last = ""
            case .text(let text): if wanted.contains(last), found[last] == nil { found[last] = text }
            }
        }
        return reader.isMalformed ? nil : found
    }
}
