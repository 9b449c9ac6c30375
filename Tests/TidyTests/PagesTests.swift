import Testing

/// The documentation names what there is. A renamed file, type or test shows here which page names it.
@Suite struct PagesTests {
    @Test func linksLeadSomewhereAndWhatIsNamedIsThere() throws {
        let repository = try Repository.current.get()
        // A wrong root would find nothing to complain about.
        #expect(repository.pages["README.md"] != nil && repository.pages.count > 15)
        let violations = repository.pages.values.sorted { $0.path < $1.path }.flatMap { $0.violations(in: repository) }
        #expect(violations.isEmpty, "\(violations.map(\.description).joined(separator: "\n"))")
    }

    /// The types are in the last column.
    @Test func theGlossaryNamesTypesThatThereAre() throws {
        let repository = try Repository.current.get()
        let lines = try #require(repository.pages["docs/architecture.md"]).lines
        let glossary = lines.drop { $0 != "## Glossary" }.prefix { $0 != "## Modules" }
        let named = glossary.filter { $0.hasPrefix("| ") }.compactMap { $0.split(separator: "|").last }
            .flatMap { $0.matches(of: /`(\w+)`/).map { String($0.1) } }
        #expect(named.count > 40)
        #expect(named.filter { !repository.types.contains($0) }.isEmpty)
    }

    /// Its tables of what is inside a core name each folder, and no other.
    @Test(arguments: ["NodeCore", "Mailboxes", "PeerCore"]) func theTablesOfAModuleNameItsFolders(module: String) throws
    {
        let lines = try #require(Repository.current.get().pages["docs/architecture.md"]).lines
        let section = lines.drop { $0 != "### Inside \(module)" }.dropFirst().prefix { !$0.hasPrefix("##") }
        let named = section.compactMap { line in line.firstMatch(of: /^\| `([A-Z]\w+)` \|/).map { String($0.1) } }
        #expect(try named.sorted() == SourceTree.directories(in: "Sources/\(module)"))
    }

    /// A decision that no subject names is found by nobody.
    @Test func eachDecisionStandsUnderASubject() throws {
        let lines = try #require(Repository.current.get().pages["docs/decisions.md"]).lines
        let index = lines.prefix { !$0.hasPrefix("## ") }.joined(separator: "\n")
        let headings = lines.filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
        #expect(headings.count > 100)
        #expect(headings.filter { !index.contains("[\($0)](#") }.isEmpty)
    }

    private static let repository = Repository(
        paths: ["README.md", "docs", "docs/a.md", "Sources/Wire", "Sources/Wire/Request.swift", "Scripts/demo.sh"],
        types: ["WireTests"], pages: [Page(path: "docs/a.md", text: "# One `two`, three\n```\n# No heading\n```\n")])

    private func count(_ text: String, in path: String = "docs/b.md") -> Int {
        Page(path: path, text: text).violations(in: Self.repository).count
    }

    @Test(arguments: [
        "[a](b.md)", "[a](../docs/c.md)", "[a](a.md#no-heading)", "[a](a.md#One)", "`Sources/Wire/Response.swift`",
        "`Response.swift`", "`Scripts/gone.sh`", "see gone.sh", "| GoneTests |", "`GoneStories`", "`Node+Gone`",
        "`Sources/Gone/`", "[a](a.md) [b](gone.md)", "`Sessions/Request.swift`",
    ])
    func findsWhatIsMissing(text: String) {
        #expect(count(text) >= 1)
        #expect(count("```\n\(text)\n```") == 0)
    }

    @Test(arguments: [
        "[a](a.md)", "[a](a.md#one-two-three)", "[a](../README.md)", "[a](https://example.org/gone.md)", "demo.sh",
        "`Sources/Wire/Request.swift`", "`Wire/Request.swift`", "`Request.swift`", "`Sources/Wire/`", "| WireTests |",
        "`config.json`", "`/tmp/red/gone.json`", "`roost up`", "`Tests`",
    ])
    func allowsWhatIsThere(text: String) {
        #expect(count(text) == 0)
    }
}
