/// How the files of a module depend on each other, as far as their text tells.
///
/// A file needs another that declares what it names: a type; a function called by its name alone, in a type that both files
/// declare or extend, or in none; or a function called on something, where only one file of the module declares one of that
/// name and no module that it imports does. `Scripts/shape.sh` prints the same for people.
struct Shape {
    /// For each file, those that it needs.
    let needs: [String: Set<String>]

    /// - Parameters:
    ///   - module: The files looked at.
    ///   - others: Those of the modules that it imports: a name that they declare as well tells nothing.
    init(_ module: [SourceFile], besides others: [SourceFile] = []) {
        let files = module.map { (path: $0.path, names: DeclaredNames(in: $0)) }
        let foreign = others.map { DeclaredNames(in: $0) }
        let foreignTypes = foreign.reduce(into: Set<String>()) { $0.formUnion($1.types) }
        let foreignFunctions = foreign.reduce(into: Shape.standard) { $0.formUnion($1.functions.map(\.name)) }
        let cases = (foreign + files.map(\.names)).reduce(into: Set<String>()) { $0.formUnion($1.cases) }

        var types: [String: Set<String>] = [:]
        var members: [DeclaredNames.Function: Set<String>] = [:]
        var functions: [String: Set<String>] = [:]
        for (path, names) in files {
            for type in names.types { types[type, default: []].insert(path) }
            for function in names.functions {
                members[function, default: []].insert(path)
                functions[function.name, default: []].insert(path)
            }
        }
        var needs: [String: Set<String>] = [:]
        for (path, names) in files {
            var needed: Set<String> = []
            for word in names.named where !foreignTypes.contains(word) {
                if let found = types[word], found.count == 1 { needed.formUnion(found) }
            }
            for word in names.called {
                for outer in names.outer.union([""]) {
                    needed.formUnion(members[.init(outer: outer, name: word)] ?? [])
                }
            }
            for word in names.calledOn where !foreignFunctions.contains(word) && !cases.contains(word) {
                if let found = functions[word], found.count == 1 { needed.formUnion(found) }
            }
            needs[path] = needed.subtracting([path])
        }
        self.needs = needs
    }

    /// What collections of the standard library have, which no file of ours is needed for.
    private static let standard: Set<String> = [
        "append", "contains", "count", "drain", "filter", "first", "forEach", "index", "insert", "map", "max", "min",
        "next", "prefix", "reduce", "remove", "removeAll", "reserveCapacity", "sorted", "suffix", "swap", "update",
    ]

    /// The largest set of files in which each needs each other, directly or by others, in the order of their names.
    var largestCycle: [String] {
        let all = needs.keys.reduce(into: [String: Set<String>]()) { $0[$1] = reached(from: $1) }
        let sets = needs.keys.sorted().map { file in
            [file] + (all[file] ?? []).filter { $0 != file && all[$0]?.contains(file) == true }
        }
        return (sets.max { $0.count < $1.count } ?? []).sorted()
    }

    private func reached(from file: String) -> Set<String> {
        var (found, waiting) = (Set<String>(), [file])
        while let next = waiting.popLast() {
            for other in needs[next] ?? [] where found.insert(other).inserted { waiting.append(other) }
        }
        return found
    }
}

/// What a file declares and names.
struct DeclaredNames {
    struct Function: Hashable {
        /// The type at the left margin that it is declared in; empty where there is none.
        let outer: String
        let name: String
    }

    /// The types that are declared or extended at the left margin.
    private(set) var outer: Set<String> = []
    /// Types, functions and cases with values that others can see.
    private(set) var types: Set<String> = []
    private(set) var functions: Set<Function> = []
    private(set) var cases: Set<String> = []
    /// Words that begin with a capital letter.
    private(set) var named: Set<String> = []
    /// Functions called by their names alone, and on something.
    private(set) var called: Set<String> = []
    private(set) var calledOn: Set<String> = []

    private static let kinds: Set<String> = ["struct", "class", "enum", "protocol", "actor"]

    init(in file: SourceFile) {
        var enclosing = ""
        for (_, text) in file.code {
            let words = DeclaredNames.words(in: text)
            read(words)
            declare(words, atMargin: text.first != " ", in: &enclosing)
        }
    }

    private struct Word {
        let text: String
        /// The characters beside it.
        let before: UInt8?
        let after: UInt8?
    }

    private static func words(in line: Substring) -> [Word] {
        let bytes = Array(line.utf8)
        func isPart(_ byte: UInt8) -> Bool {
            byte >= 128 || byte == UInt8(ascii: "_") || (48...57).contains(byte) || (65...90).contains(byte)
                || (97...122).contains(byte)
        }
        var words: [Word] = []
        var start = 0
        while start < bytes.count {
            guard isPart(bytes[start]) else {
                start += 1
                continue
            }
            let end = bytes[start...].firstIndex { !isPart($0) } ?? bytes.count
            words.append(
                Word(
                    text: String(decoding: bytes[start..<end], as: UTF8.self),
                    before: start > 0 ? bytes[start - 1] : nil, after: end < bytes.count ? bytes[end] : nil))
            start = end
        }
        return words
    }

    private mutating func read(_ words: [Word]) {
        for (index, word) in words.enumerated() {
            guard let first = word.text.first else { continue }
            if first.isUppercase {
                named.insert(word.text)
            } else if first.isLowercase, word.after == UInt8(ascii: "("), index == 0 || words[index - 1].text != "func"
            {
                if word.before == UInt8(ascii: ".") {
                    calledOn.insert(word.text)
                } else if word.before != UInt8(ascii: "`") {
                    called.insert(word.text)
                }
            }
        }
    }

    private mutating func declare(_ words: [Word], atMargin: Bool, in enclosing: inout String) {
        let texts = words.map(\.text)
        guard
            let keyword = texts.firstIndex(where: {
                DeclaredNames.kinds.contains($0) || ["extension", "func", "typealias", "case"].contains($0)
            }),
            keyword + 1 < texts.count, texts[..<keyword].allSatisfy(DeclaredNames.modifiers.contains)
        else { return }
        let (kind, name) = (texts[keyword], texts[keyword + 1])
        if atMargin {
            enclosing = kind == "func" ? "" : name
            if kind != "func" { outer.insert(name) }
        }
        guard !texts[..<keyword].contains(where: { $0 == "private" || $0 == "fileprivate" }) else { return }
        switch kind {
        case "func": functions.insert(Function(outer: enclosing, name: name))
        case "case":
            // Not a pattern, which begins with a dot.
            let word = words[keyword + 1]
            if word.before != UInt8(ascii: "."), word.after == UInt8(ascii: "(") { cases.insert(name) }
        case "extension": break
        default: types.insert(name)
        }
    }

    private static let modifiers: Set<String> = [
        "public", "package", "internal", "private", "fileprivate", "static", "final", "mutating", "nonmutating",
        "consuming", "borrowing", "indirect", "discardableResult", "inline", "never", "usableFromInline",
    ]
}
