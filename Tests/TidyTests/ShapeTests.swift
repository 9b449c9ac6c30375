import Testing

/// The shape of the two cores, and of what a buddy does (docs/architecture.md, "The rule").
@Suite struct ShapeTests {
    /// A core: what coordinates it, and its components, each a type in a file of that name in a folder of its own or with what it
    /// stands on.
    struct Core {
        let module: String
        let coordinator: String
        let components: [String]
        /// What components are told, as they are told the time and the store. It knows none of them.
        var base: [String] = []
    }

    private static let cores = [
        Core(
            module: "NodeCore", coordinator: "Node",
            components: [
                "Clock/NodeClock", "Operations/OperationPool", "Reach/Reach", "Routing/Joining",
                "Routing/Routing",
                "Repair/Repair", "Rpc/Link", "Rpc/Rpc", "Serving/Serving",
            ]),
        Core(
            module: "PeerCore", coordinator: "PeerAgent",
            components: [
                "Collecting/Collecting", "Directory/Directory", "Inbox/Inbox", "Publishing/Publishing",
                "Receipts/Receipts", "Sending/Sending",
            ]),
        Core(
            module: "Mailboxes", coordinator: "Buddy",
            components: [
                "Expiry/Expiry", "MailboxStore/Authorizations", "MailboxStore/Envelopes",
                "MailboxStore/Tombstones", "SignedValues/Records",
            ],
            // Told to them beside the store, since both change with each write.
            base: ["Quota/Quota"]),
    ]

    /// No file needs, by whatever way, one that needs it.
    @Test(arguments: cores) func filesNeedEachOtherInOneDirection(core: Core) throws {
        let imported = Layers.allowedImports[core.module] ?? []
        let others = try SourceTree.files().filter { $0.tree == "Sources" && imported.contains($0.module) }
        let shape = Shape(try files(of: core.module), besides: others)
        // A shape that sees nothing would have nothing to complain about.
        #expect(shape.needs.values.reduce(0) { $0 + $1.count } > 50)
        let ring = shape.largestCycle
        #expect(ring.count <= 1, "these need each other: \(ring.joined(separator: ", "))")
    }

    /// Each component is a type in a file named as it is, and nobody but it changes its state.
    @Test(arguments: cores) func componentsKeepTheirState(core: Core) throws {
        let files = try files(of: core.module)
        for component in core.components + core.base {
            let file = try #require(files.first { $0.path == "Sources/\(core.module)/\(component).swift" })
            let name = component.split(separator: "/")[1]
            #expect(file.code.contains { $0.text.starts(with: "struct \(name)") })
            #expect(openState(file.code).isEmpty)
        }
    }

    /// What one wants of another it returns.
    @Test(arguments: cores) func componentsDontKnowEachOther(core: Core) throws {
        let components = core.components.map { $0.split(separator: "/").map(String.init) }
        let base = core.base.map { $0.split(separator: "/").map(String.init) }
        for file in try files(of: core.module) {
            let folder = String(file.path.split(separator: "/").dropLast().last ?? "")
            guard (components + base).contains(where: { $0[0] == folder }) else { continue }
            let others = components.filter { $0[0] != folder }.map { $0[1] } + [core.coordinator]
            for (line, text) in file.code {
                let words = Set(text.split { !$0.isLetter }.map(String.init))
                #expect(words.isDisjoint(with: others), "\(file.path):\(line)")
            }
        }
    }

    @Test(arguments: cores) func coordinatorsAreShort(core: Core) throws {
        let name = "/\(core.coordinator).swift"
        let file = try #require(try files(of: core.module).first { $0.path.hasSuffix(name) })
        #expect(file.lines.count <= 300)
    }

    /// Whatever a driver calls is a turn of its own, with its time and the node's randomness, which it gives back.
    @Test func everyCallOfANodeIsATurn() throws {
        let lines = try files(of: "NodeCore").flatMap { $0.code.map(\.text) }
        let calls = lines.count { $0.contains("outbox: inout Outbox") }
        #expect(calls > 5)
        #expect(lines.count { $0.contains("beginTurn(&outbox, now)") } == calls)
        #expect(lines.count { $0.contains("endTurn(&outbox)") } == calls)
    }

    /// What lies in the store is read and written by helpers that don't know who asks.
    @Test func tablesDontKnowTheirReaders() throws {
        for file in try files(of: "PeerCore") where file.path.hasSuffix("Table.swift") {
            #expect(!file.code.contains { $0.text.contains("PeerAgent") || $0.text.contains("Turn") }, "\(file.path)")
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

    @Test func leavesOutWhatOthersDeclare() {
        let caller = SourceFile(path: "A.swift", text: "let x = y.run()\nlet z = Thing()")
        let runner = SourceFile(path: "B.swift", text: "struct B {\n    func run() {}\n    struct Thing {}\n}")
        #expect(Shape([caller, runner]).needs["A.swift"] == ["B.swift"])
        let elsewhere = SourceFile(path: "C.swift", text: "struct Thing {\n    func run() {}\n}")
        #expect(Shape([caller, runner], besides: [elsewhere]).needs["A.swift"] == [])
    }

    @Test func knowsExtensionsOfOneType() {
        let first = SourceFile(path: "A.swift", text: "struct A {\n    func one() { two() }\n}")
        let second = SourceFile(path: "A+B.swift", text: "extension A {\n    func two() { one() }\n}")
        // Whatever else is called so.
        let other = SourceFile(path: "C.swift", text: "struct C {\n    func one() {}\n    func two() {}\n}")
        #expect(Shape([first, second, other], besides: [other]).largestCycle == ["A+B.swift", "A.swift"])
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
