import Testing

/// The shape of the two cores (docs/architecture.md, "The rule").
@Suite struct ShapeTests {
    /// The components of a core, each in a folder of its own.
    private static let components = [
        ("PeerCore", ["Collecting", "Directory", "Inbox", "Publishing", "Receipts", "Sending"])
    ]

    /// How many files of a core may need each other at most, in a ring. 1: none do.
    @Test(arguments: [("PeerCore", 1), ("NodeCore", 25)])
    func filesNeedEachOtherInOneDirection(core: String, bound: Int) throws {
        let ring = Shape(try files(of: core)).largestCycle
        #expect(ring.count <= bound, "these need each other: \(ring.joined(separator: ", "))")
    }

    /// Each component is a type in a file named as its folder, and nobody but it changes its state.
    @Test(arguments: ShapeTests.components)
    func componentsKeepTheirState(core: String, components: [String]) throws {
        let files = try files(of: core)
        for component in components {
            let file = try #require(files.first { $0.path == "Sources/\(core)/\(component)/\(component).swift" })
            #expect(file.code.contains { $0.text.hasPrefix("struct \(component) {") })
            #expect(openState(file.code).isEmpty)
        }
    }

    /// What one wants of another it returns.
    @Test(arguments: ShapeTests.components)
    func componentsDontKnowEachOther(core: String, components: [String]) throws {
        for file in try files(of: core) {
            let folder = String(file.path.split(separator: "/").dropLast().last ?? "")
            guard components.contains(folder) else { continue }
            for (line, text) in file.code {
                let words = Set(text.split { !$0.isLetter }.map(String.init))
                #expect(words.isDisjoint(with: components.filter { $0 != folder }), "\(file.path):\(line)")
            }
        }
    }

    @Test func coordinatorsAreShort() throws {
        let agent = try #require(try files(of: "PeerCore").first { $0.path.hasSuffix("/PeerAgent.swift") })
        #expect(agent.lines.count <= 300)
    }

    /// What lies in the store is read and written by helpers that don't know who asks.
    @Test func tablesDontKnowTheirReaders() throws {
        for file in try files(of: "PeerCore") where file.path.hasSuffix("Table.swift") {
            #expect(!file.code.contains { $0.text.contains("PeerAgent") || $0.text.contains("Turn") }, "\(file.path)")
        }
    }

    /// Components tell what they want of others: none knows the agent.
    @Test func componentsDontKnowTheirCoordinator() throws {
        for file in try files(of: "PeerCore") where file.path.split(separator: "/").count > 3 {
            #expect(!file.code.contains { $0.text.contains("PeerAgent") }, "\(file.path)")
        }
    }

    // MARK: The check itself

    @Test func findsRings() {
        let first = SourceFile(path: "A.swift", text: "struct A {\n    func one() { B().two() }\n}")
        let second = SourceFile(path: "B.swift", text: "struct B {\n    func two() { three() }\n}")
        let third = SourceFile(path: "C.swift", text: "func three() { A().one() }")
        #expect(Shape([first, second, third]).largestCycle == ["A.swift", "B.swift", "C.swift"])
        let other = SourceFile(path: "C.swift", text: "func three() {}")
        #expect(Shape([first, second, other]).largestCycle.count == 1)
    }

    @Test func knowsCallsFromCases() {
        let caller = SourceFile(path: "A.swift", text: "struct A {\n    case run(Int)\n    let x = y == .run(1)\n}")
        let runner = SourceFile(path: "B.swift", text: "struct B {\n    func run() {}\n}")
        #expect(Shape([caller, runner]).needs["A.swift"] == [])
        let other = SourceFile(path: "A.swift", text: "let x = y.run()")
        #expect(Shape([other, runner]).needs["A.swift"] == ["B.swift"])
        let own = SourceFile(path: "A.swift", text: "let x = run()\nprivate func run() {}")
        #expect(Shape([own, runner]).needs["A.swift"] == [])
    }

    @Test func findsOpenState() {
        let text = """
            struct A {
                private var a = 1
                private(set) var b = 2
                let c = 3
                var d: Int { 4 }
                var e = 5
                package var f: Int
                func g() {
                    var h = 6
                }
            }
            """
        #expect(openState(SourceFile(path: "A.swift", text: text).code) == ["    var e = 5", "    package var f: Int"])
    }

    // MARK: Helpers

    private func files(of core: String) throws -> [SourceFile] {
        let files = try SourceTree.files().filter { $0.path.hasPrefix("Sources/\(core)/") }
        // A wrong name would find nothing to complain about.
        try #require(files.count > 20)
        return files
    }

    /// The stored variables of top-level types that others may change.
    private func openState(_ code: [(line: Int, text: Substring)]) -> [Substring] {
        code.map(\.text).filter { line in
            line.hasPrefix("    ") && !line.hasPrefix("     ") && line.contains("var ") && !line.hasSuffix("{")
                && !line.hasSuffix("}") && !line.contains("private")
        }
    }
}
