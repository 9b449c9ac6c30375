/// How the files of a module depend on each other, as far as names tell: as `Scripts/shape.sh` counts it.
///
/// A file needs another that declares a function or a type that it names, where the name is declared in one file of the module
/// only. A type within another is named by way of that one. What a file declares itself is its own.
struct Shape {
    /// The files that a file needs.
    private(set) var needs: [String: Set<String>] = [:]

    init(_ files: [SourceFile]) {
        let words = files.map { (path: $0.path, words: Words($0)) }
        var declarers: [Name: Set<String>] = [:]
        for (path, words) in words {
            for name in words.offered { declarers[name, default: []].insert(path) }
        }
        for (path, words) in words {
            let used = words.used.subtracting(words.declared)
            needs[path] = Set(used.compactMap { declarers[$0]?.count == 1 ? declarers[$0]?.first : nil })
        }
    }

    /// The largest set of files in which each needs each other, directly or by way of others.
    var largestCycle: [String] {
        var search = ComponentSearch(needs: needs)
        return search.largest()
    }
}

/// The name of a function, or of a type.
private struct Name: Hashable {
    let word: Substring
    let isFunction: Bool
}

/// The names in one file.
private struct Words {
    /// All that it declares.
    private(set) var declared: Set<Name> = []
    /// What of that others may name.
    private(set) var offered: Set<Name> = []
    /// What it names.
    private(set) var used: Set<Name> = []

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "private", "fileprivate", "static", "final", "mutating", "nonmutating",
        "indirect",
    ]
    private static let kinds: Set<Substring> = ["func", "struct", "class", "enum", "protocol", "actor", "typealias"]

    init(_ file: SourceFile) {
        for (_, text) in file.code {
            declare(text)
            use(text)
        }
    }

    private mutating func declare(_ line: Substring) {
        let words = line.split(separator: " ")
        let modifiers = words.prefix { Words.modifiers.contains($0) || $0.hasPrefix("@") }
        let rest = words.dropFirst(modifiers.count)
        guard let kind = rest.first, Words.kinds.contains(kind), let next = rest.dropFirst().first else { return }
        let isFunction = kind == "func"
        guard isFunction || line.first?.isWhitespace == false else { return }
        let name = Name(word: next.prefix { $0.isLetter || $0.isNumber || $0 == "_" }, isFunction: isFunction)
        declared.insert(name)
        if !modifiers.contains("private"), !modifiers.contains("fileprivate") { offered.insert(name) }
    }

    private mutating func use(_ line: Substring) {
        let bytes = line.utf8
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard Words.isInWord(bytes[index]) else {
                index = bytes.index(after: index)
                continue
            }
            let start = index
            while index < bytes.endIndex, Words.isInWord(bytes[index]) { index = bytes.index(after: index) }
            let word = line[start..<index]
            guard let first = word.utf8.first else { continue }
            if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) {
                used.insert(Name(word: word, isFunction: false))
            } else if index < bytes.endIndex, bytes[index] == UInt8(ascii: "("), !isNoCall(line[..<start]) {
                used.insert(Name(word: word, isFunction: true))
            }
        }
    }

    /// Whether what follows is the declaration of a function or of a case, or a case: a dot behind anything that is no value.
    private func isNoCall(_ before: Substring) -> Bool {
        if before.hasSuffix("func ") || before.hasSuffix("case ") { return true }
        guard before.hasSuffix(".") else { return false }
        guard let value = before.utf8.dropLast().last else { return true }
        return !(Words.isInWord(value) || ")]?}".utf8.contains(value))
    }

    private static func isInWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// Finds strongly connected components (Tarjan, 1972).
private struct ComponentSearch {
    let needs: [String: Set<String>]
    private var index: [String: Int] = [:]
    private var low: [String: Int] = [:]
    private var stack: [String] = []
    private var found: [[String]] = []

    init(needs: [String: Set<String>]) { self.needs = needs }

    mutating func largest() -> [String] {
        for file in needs.keys.sorted() where index[file] == nil { visit(file) }
        return found.max { $0.count < $1.count } ?? []
    }

    /// Returns the lowest index that is reached from a file.
    @discardableResult
    private mutating func visit(_ file: String) -> Int {
        let number = index.count
        index[file] = number
        stack.append(file)
        var lowest = number
        for other in (needs[file] ?? []).sorted() {
            if let seen = index[other] {
                if stack.contains(other) { lowest = min(lowest, low[other] ?? seen) }
            } else {
                lowest = min(lowest, visit(other))
            }
        }
        low[file] = lowest
        if lowest == number, let start = stack.firstIndex(of: file) {
            found.append(stack[start...].sorted())
            stack.removeSubrange(start...)
        }
        return lowest
    }
}
