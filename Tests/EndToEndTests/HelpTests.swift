import Foundation
import Testing

/// What the program says of itself.
@Suite struct HelpTests {
    private func roost(_ arguments: [String]) async throws -> Command.Result {
        try await Command.run(nil, arguments, home: NSTemporaryDirectory())
    }

    /// All commands with their names, as the parser lists them.
    private func commands() async throws -> [[String]] {
        struct Dump: Decodable { let command: Node }
        struct Node: Decodable {
            let commandName: String
            let subcommands: [Node]?
        }
        func paths(_ node: Node, _ path: [String]) -> [[String]] {
            [path]
                + (node.subcommands ?? []).filter { $0.commandName != "help" }.flatMap {
                    paths($0, path + [$0.commandName])
                }
        }
        let dump = try await roost(["--experimental-dump-help"])
        return paths(try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command, [])
    }

    @Test func everyCommandsHelpHasItsExitCodes() async throws {
        let commands = try await commands()
        #expect(commands.contains([]) && commands.contains(["inbox", "delete"]) && commands.count > 15)
        for command in commands {
            let help = try await roost(command + ["--help"])
            let parts = help.output.components(separatedBy: "EXIT CODES\n")
            #expect(help.status == 0 && parts.count == 2, "\(command)")
            let codes = (parts.last ?? "").split(separator: "\n").prefix { $0.firstMatch(of: /^  \d+ +\S/) != nil }
                .compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
            #expect(codes.count >= 3 && codes == codes.sorted() && codes.first == 0, "\(command): \(codes)")
            #expect(codes.contains(64), "\(command): \(codes)")
            // Manual pages are made of it, and lose other characters.
            let isASCII = help.output.allSatisfy { $0.isASCII }
            #expect(isASCII, "\(command)")
            // A command with subcommands shows its own options, too.
            if let name = command.first, ["inbox", "outbox", "peers"].contains(name) {
                #expect(help.output.contains("--data <dir>"), "\(command)")
            }
        }
        let inbox = try await roost(["inbox", "--help"]).output
        for option in ["--from <peer>", "--unread", "--peek", "--follow", "--last <n>", "--json"] {
            #expect(inbox.contains(option), "\(option)")
        }
        for arguments in [["help", "send"], ["help", "inbox", "delete"], ["completion", "bash"], ["--version"]] {
            let run = try await roost(arguments)
            #expect(run.status == 0 && !run.output.isEmpty)
        }
    }

    @Test(arguments: [
        (["inbx"], "roost inbox"), (["Inbox"], "roost inbox"), (["sned", "bob", "hi"], "roost send"),
        (["stat"], "roost status"),
        (["inbox", "delte", "1234"], "roost inbox delete"), (["peers", "ad"], "roost peers add"),
        (["outbox", "cancle"], "roost outbox cancel"), (["help", "outbx"], "roost outbox"), (["initt"], "roost init"),
    ])
    func whatIsMistypedIsSuggested(arguments: [String], command: String) async throws {
        let run = try await roost(arguments)
        #expect(run.status == 64 && run.output.isEmpty)
        #expect(run.errors.contains("did you mean `\(command)`?"), "\(run.errors)")
    }

    @Test func whatIsFarFromAllIsNot() async throws {
        let run = try await roost(["xylophone"])
        #expect(run.status == 64 && run.errors.contains("xylophone") && !run.errors.contains("did you mean"))
    }
}
