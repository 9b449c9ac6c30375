import Foundation

/// What a page can name: files, types and test suites of the repository.
struct Repository {
    /// Relative to the root.
    let paths: Set<String>
    /// Names of types, and of the directories under `Tests`.
    let types: Set<String>
    /// The pages by their path.
    let pages: [String: Page]

    init(paths: Set<String>, types: Set<String>, pages: [Page]) {
        self.paths = paths
        self.types = types
        self.pages = Dictionary(pages.map { ($0.path, $0) }) { first, _ in first }
    }

    private static let declarations = ["struct ", "class ", "enum ", "protocol ", "actor ", "typealias "]

    /// The repository that this file is part of.
    static let current = Result { try read() }

    private static func read() throws -> Repository {
        let root = SourceTree.root
        var paths = Set(
            try FileManager.default.contentsOfDirectory(atPath: root.path()).filter { !$0.hasPrefix(".build") })
        for tree in ["Benchmarks", "Scripts", "Sources", "Tests", "deploy", "docs", "observability"] {
            let found = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: tree).path())
            paths.formUnion(found.map { "\(tree)/\($0)" })
        }
        var types = Set(try SourceTree.directories(in: "Tests"))
        for file in try SourceTree.files() {
            for line in file.code where declarations.contains(where: { line.text.contains($0) }) {
                let words = line.text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
                for (keyword, name) in zip(words, words.dropFirst()) where declarations.contains(keyword + " ") {
                    types.insert(String(name))
                }
            }
        }
        let pages = try paths.filter { $0.hasSuffix(".md") }.sorted().map { path in
            Page(path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
        }
        return Repository(paths: paths, types: types, pages: pages)
    }

    func hasFile(named name: some StringProtocol) -> Bool { paths.contains { $0 == name || $0.hasSuffix("/" + name) } }
}

/// A page of the documentation, in Markdown.
struct Page {
    let path: String
    /// Its lines, empty where they are in a fenced block.
    let lines: [Substring]

    init(path: String, text: String) {
        self.path = path
        var isFenced = false
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let isFence = line.hasPrefix("```")
            defer { if isFence { isFenced.toggle() } }
            return isFence || isFenced ? "" : line
        }
    }

    /// The anchors of its headings, as GitHub makes them.
    var anchors: Set<String> {
        Set(
            lines.compactMap { line in
                guard let match = line.wholeMatch(of: /#+ (.+)/) else { return nil }
                return match.1.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == " " }
                    .replacing(" ", with: "-")
            })
    }

    /// Links that lead nowhere, and what is named and isn't there.
    func violations(in repository: Repository) -> [Violation] {
        lines.enumerated().flatMap { index, line in
            (brokenLinks(in: line, repository) + missing(in: line, repository)).map {
                Violation(path: path, line: index + 1, reason: $0)
            }
        }
    }

    private func brokenLinks(in line: Substring, _ repository: Repository) -> [String] {
        line.matches(of: /\]\(([^)\s]+)\)/).compactMap { match in
            let link = match.1
            guard !link.contains("://") else { return nil }
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let target = parts[0].isEmpty ? path : resolved(parts[0])
            guard repository.paths.contains(target) else { return "\(link) leads nowhere" }
            guard parts.count == 2, let page = repository.pages[target] else { return nil }
            return page.anchors.contains(String(parts[1])) ? nil : "\(link): \(target) has no such heading"
        }
    }

    /// A link relative to this page, as a path from the root.
    private func resolved(_ link: Substring) -> String {
        var parts = path.split(separator: "/").dropLast()
        for part in link.split(separator: "/") where part != "." {
            if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// Files that a node or a person makes, and so are not in the repository.
    private static let madeFiles = [
        "compared.json", "config.json", "peers.json", "scenario.json", "summary.json", "sweep.json", "web.json",
    ]

    private func missing(in line: Substring, _ repository: Repository) -> [String] {
        var names: [String] = []
        for match in line.matches(of: /`([^`]+)`/) {
            let name = match.1
            guard !name.hasPrefix("/") else { continue }
            let directories = /(?:Sources|Tests|Scripts|docs|deploy|Benchmarks|observability)\/[\w+.\/-]+/
            if name.wholeMatch(of: directories) != nil {
                let path = name.hasSuffix("/") ? name.dropLast() : name
                if !repository.paths.contains(String(path)) { names.append(String(name)) }
            } else if name.wholeMatch(of: /[\w+\/]+\.(?:swift|txt|json)/) != nil {
                let isMade = Page.madeFiles.contains(String(name))
                if !isMade, !repository.hasFile(named: name) { names.append(String(name)) }
            } else if name.wholeMatch(of: /[A-Z]\w+\+\w+/) != nil, !repository.hasFile(named: name + ".swift") {
                names.append(String(name))
            }
        }
        for match in line.matches(of: /\b[A-Z]\w+(?:Tests|Stories)\b/)
        where !repository.types.contains(String(match.0)) {
            names.append(String(match.0))
        }
        for match in line.matches(of: /\b[a-z][a-z-]*\.sh\b/) where !repository.hasFile(named: match.0) {
            names.append(String(match.0))
        }
        return names.map { "there is no \($0)" }
    }
}
