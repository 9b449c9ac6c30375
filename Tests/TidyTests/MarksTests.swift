import Testing

/// Coverage marks and rare paths are reached by the code they are about.
@Suite struct MarksTests {
    /// Each mark and each point is named by a pure core: one that nothing reaches would be missing for ever.
    @Test(arguments: ["Mark", "Buggify"]) func eachCaseIsUsed(type: String) throws {
        let files = try SourceTree.files().filter { $0.tree == "Sources" }
        let list = try #require(files.first { $0.path == "Sources/Basics/Marks/\(type).swift" })
        let names = list.code.compactMap { line in
            line.text.firstMatch(of: /^ +case (\w+) =/).map { String($0.1) }
        }
        try #require(names.count > 20)
        var used: Set<String> = []
        for file in files where Layers.pureModules.contains(file.module) && file.module != "Basics" {
            for (_, text) in file.code where text.contains(".") {
                for match in text.matches(of: /\.(\w+)/) { used.insert(String(match.1)) }
            }
        }
        for name in names { #expect(used.contains(name), "nothing reaches \(name)") }
    }
}
