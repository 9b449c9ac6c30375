import Foundation
import Testing

/// The repository keeps its own rules; every rule is shown to find what it is for.
@Suite struct TidyTests {
    @Test func theRepositoryIsTidy() throws {
        let files = try SourceTree.files()
        // A wrong root would find nothing to complain about.
        #expect(files.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
        #expect(files.count > 100)
        let violations = files.flatMap(Rules.violations)
        #expect(violations.isEmpty, "\(violations.map(\.description).joined(separator: "\n"))")
    }

    @Test func everyModuleHasALayer() throws {
        #expect(try SourceTree.directories(in: "Sources") == Layers.allowedImports.keys.sorted())
        #expect(Set(Layers.pureModules).isSubset(of: Layers.allowedImports.keys))
    }

    @Test func noModuleReachesItself() {
        func reached(from module: String) -> Set<String> {
            (Layers.allowedImports[module] ?? []).reduce(into: []) { set, next in
                set.insert(next)
                set.formUnion(reached(from: next))
            }
        }
        for module in Layers.allowedImports.keys.sorted() { #expect(!reached(from: module).contains(module)) }
        // What a person can read is out of a node's reach, and the other way round.
        #expect(reached(from: "NodeCore").isDisjoint(with: ["PeerCore", "Conversations"]))
        #expect(reached(from: "PeerCore").isDisjoint(with: ["NodeCore", "Kademlia", "Sessions", "Mailboxes"]))
        for system in [
            "CLibrary", "Platform", "Foundation", "NIOCore", "Dispatch", "Glibc", "Darwin", "Synchronization",
        ] {
            for pure in Layers.pureModules { #expect(!reached(from: pure).contains(system)) }
        }
    }

    /// How many violations there are in a file of a module.
    private func count(_ text: String, in path: String = "Sources/Kademlia/Sample.swift") -> Int {
        Rules.violations(in: SourceFile(path: path, text: text)).count
    }

    @Test(arguments: [
        ("Sources/Basics/A.swift", "import Foundation"),
        ("Sources/Storage/A.swift", "import Wire"),
        ("Sources/Wire/A.swift", "import Exchange"),
        ("Sources/Sessions/A.swift", "import Storage"),
        ("Sources/Mailboxes/A.swift", "import Exchange"),
        ("Sources/Kademlia/A.swift", "import Cryptography"),
        ("Sources/Basics/A.swift", "import Platform"),
        ("Sources/PeerCore/A.swift", "import CLibrary"),
        ("Sources/roost/A.swift", "import Foundation"),
        ("Sources/RoostService/A.swift", "import Platform"),
        ("Sources/Wire/A.swift", "import Kademlia"),
        ("Sources/Wire/A.swift", "import CSodium"),
        ("Sources/Kademlia/A.swift", "import Sessions"),
        ("Sources/Kademlia/A.swift", "    import Dispatch"),
        ("Sources/Kademlia/A.swift", "@preconcurrency import NIOCore"),
        ("Sources/Kademlia/A.swift", "@_spi(Internal) public import Glibc"),
        ("Sources/Kademlia/A.swift", "import struct Foundation.Date"),
        ("Sources/Kademlia/A.swift", "import Foundation.NSDate // for Date"),
        ("Sources/NodeCore/A.swift", "import PeerCore"),
        ("Sources/PeerCore/A.swift", "package import NodeCore"),
        ("Sources/ControlAPI/A.swift", "import PeerCore"),
        ("Sources/RoostService/A.swift", "import CLMDB"),
        ("Sources/Unheard/A.swift", "import Basics"),
        ("Tests/WireTests/A.swift", "@testable import Wire"),
        ("Tests/WireTests/A.swift", "import XCTest"),
    ])
    func findsForbiddenImports(path: String, text: String) {
        #expect(count(text, in: path) == 1)
        #expect(count("// \(text)", in: path) == 0)
    }

    @Test func allowsTheOtherImports() {
        #expect(count("import Basics\nimport Wire // the codecs", in: "Sources/Sessions/A.swift") == 0)
        #expect(count("@_exported import PeerCore", in: "Sources/RoostService/A.swift") == 0)
        #expect(count("import Foundation\nimport Testing", in: "Tests/WireTests/A.swift") == 0)
        #expect(count("let important = 1; func importAll() {}") == 0)
    }

    @Test(arguments: [
        "let now = Date()", "let now = ContinuousClock.now", "let clock: SuspendingClock", "clock_gettime(a, b)",
        "let x = Int.random(in: 0..<5)", "let x = Bool.random()", "list.shuffled()", "list.shuffle()",
        "list.randomElement()", "var g = SystemRandomNumberGenerator()", "randombytes_buf(a, 32)", "Task { run() }",
        "Task{ run() }", "Task.detached { run() }", "let x = await run()", "func run() async {", "print(x)",
        "if x { debugPrint(x) }",
    ])
    func findsImpureCalls(text: String) {
        #expect(count(text) == 1)
        #expect(count("let message = \"\(text.replacing("\"", with: ""))\"") == 0)
        #expect(count("/// \(text)") == 0)
        #expect(count(text, in: "Sources/RoostService/A.swift") == 0)
        #expect(count(text, in: "Tests/KademliaTests/A.swift") == 0)
    }

    @Test func allowsWhatIsReproducible() {
        #expect(count("let x = Int.random(in: 0..<5, using: &generator)") == 0)
        #expect(count("list.shuffle(using: &generator)\nlet y = list.randomElement(using: &generator)") == 0)
        #expect(count("let updated = update(Day(number: 3)); node.print(x); fingerprint(x)") == 0)
    }

    @Test func findsLongFiles() {
        let line = "let x = 1\n"
        for path in ["Sources/Kademlia/A.swift", "Tests/KademliaTests/A.swift", "Sources/roost/A.swift"] {
            #expect(count(String(repeating: line, count: 400), in: path) == 0)
            #expect(count(String(repeating: line, count: 400) + "let y = 2", in: path) == 1)
            #expect(count(String(repeating: line, count: 401), in: path) == 1)
        }
    }

    @Test(arguments: [
        "let x = try! run()", "let x = y as! Int", "fatalError(\"no\")", "let x = y!", "let x = y!.z", "run()!.z",
        "list[0]! + 1", "let x: Int!", "let x = \"a\"!", "let x = y?.z!", "let x = { 1 }!",
        "final class A: @unchecked Sendable {", "nonisolated(unsafe) let x = y",
    ])
    func findsUnsafeCode(text: String) {
        for path in ["Sources/Kademlia/A.swift", "Sources/roost/A.swift"] { #expect(count(text, in: path) == 1) }
        #expect(count(text, in: "Tests/KademliaTests/A.swift") == 0)
        #expect(count("    // \(text)") == 0)
    }

    @Test func findsCommandsWithoutName() {
        let command = "static let configuration = CommandConfiguration(\n    abstract: \"Does it.\")"
        #expect(count(command, in: "Sources/roost/A.swift") == 1)
        #expect(count(command, in: "Sources/Kademlia/A.swift") == 0)
        #expect(count(command.replacing("abstract", with: "commandName"), in: "Sources/roost/A.swift") == 0)
    }

    @Test func allowsWhatIsSafeOrProven() {
        #expect(count("if !x, a != b, a! != b { }".replacing("a!", with: "a")) == 0)
        #expect(count("let x = try? run(); let y = z as? Int; let w = (!x || !y)") == 0)
        #expect(count("/// Sendable, because it is never written.\nfinal class A: @unchecked Sendable {") == 0)
        #expect(count("    // Written once.\n    nonisolated(unsafe) let x = y") == 0)
        #expect(count("// Far above.\n\nfinal class A: @unchecked Sendable {") == 1)
    }

    @Test(arguments: [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d\n */ e", "a               \n    e"),
        ("a(\"// no \\\" comment\") // b", "a(\"                \")     "),
        ("x = \"a\\(f(\"b\"))c\" + y", "x = \"           \" + y"),
        ("x = \"\"\"\n  \"quoted\" b!\n  \"\"\" + y", "x = \"\"\"\n             \n  \"\"\" + y"),
        ("x = #\"a\\\"#!", "x = #\"  \"#!"),
        ("x = #\"a \"b\" \\#(c)\"# + y", "x = #\"           \"# + y"),
        ("x = \"\" + \"", "x = \"\" + \""),
        ("", ""),
    ])
    func seesOnlyCode(text: String, code: String) {
        #expect(SwiftCode.strip(text) == code)
    }
}
