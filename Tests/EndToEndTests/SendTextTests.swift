import Foundation
import Testing

/// What `roost send` takes for the text, and that it never sends another, or none, as if all were well.
@Suite(.serialized) struct SendTextTests {
    @Test func whatFollowsThePeerIsTheTextOrRefused() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            let id = try await me.id()
            func send(_ arguments: [String]) async throws -> Command.Result {
                try await Command.run(
                    nil, ["send"] + arguments, input: Data("from standard input".utf8), home: me.root,
                    environment: ["ROOST_DATA": me.directory])
            }
            // Each is sent as it was written.
            let queued = ["--until", "queued"]
            var texts: [String] = []
            for (text, arguments) in [
                ("-high temperature", [id, "-high temperature"] + queued), ("- item", queued + [id, "- item"]),
                ("-h is not help here", [id, "-h is not help here", "--until=queued"]),
                ("--help me please", queued + [id, "--help me please"]),
                ("--json", queued + ["--", id, "--json"]), ("-5", queued + [id, "--", "-5"]),
                ("-x", queued + ["--key", "k1", "--json", id, "--", "-x"]), ("–", [id, "–"] + queued),
                ("plain", [id, "plain", "--json"] + queued), ("from standard input", [id, "-"] + queued),
                ("from standard input", queued + [id]), ("from standard input", [id] + queued + ["--json"]),
                ("behind an option", [id] + queued + ["behind an option"]), ("-h i", [id] + queued + ["-h i"]),
            ] {
                let run = try await send(arguments)
                #expect(run.status == 0, "\(arguments): \(run.errors)")
                texts.append(text)
            }
            // Nobody knows what these were meant to be: nothing is sent, and it is said how to write it.
            for word in [
                "--json", "-h", "--help", "--version", "-5", "-high", "--until", "--until=queued", "--key=a b", "-𝕏",
            ] {
                let run = try await send([id, word])
                #expect(run.status == 64 && run.output.isEmpty, "\(word): \(run.output)")
                #expect(run.errors.contains("write -- before a text that begins with -"), "\(word): \(run.errors)")
            }
            for arguments in [
                [id, "two", "texts"], [id, "a text", "-how come"], [id, "a text", "--help"], [id, "a text", "-h"],
                ["-high", id, "a text"], [id, "--until", "queued", "-h"], [id, "--until"], [id, "a text", "--key"],
            ] {
                let run = try await send(arguments)
                #expect(run.status == 64 && run.output.isEmpty, "\(arguments): \(run.output)")
            }
            let help = try await send(["--help"])
            #expect(help.status == 0 && help.output.contains("USAGE"))
            try await eventually { try await me.inbox().count == texts.count }
            let arrived = try await me.inbox().compactMap { $0["text"] as? String }
            #expect(arrived.sorted() == texts.sorted())
        }
    }

    /// The table of options that the text is told apart by is that of the help.
    @Test func everyOptionIsKnownBehindThePeer() async throws {
        let home = NSTemporaryDirectory()
        let help = try await Command.run(nil, ["send", "--help"], home: home).output
        let options = help.split(separator: "\n").compactMap { line in
            line.drop { $0 == " " }.hasPrefix("-") ? line.split(separator: " ").last { $0.hasPrefix("--") } : nil
        }
        #expect(options.contains("--until") && options.contains("--json"), "\(help)")
        let valued = help.split(separator: "\n").filter { $0.contains("  --") && $0.contains(" <") }
            .compactMap { $0.split(separator: " ").first }
        for option in valued {
            // Before the peer it takes the next argument, so that the text is the one behind: were it not known, the value
            // would be the peer.
            let run = try await Command.run(nil, ["send", String(option), "1", "nobody", "-x"], home: home)
            #expect(run.status == 64 && run.errors.contains("“-x”"), "\(option): \(run.errors)")
        }
    }

    @Test func anEmptyTextIsNotSent() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            let id = try await me.id()
            for text in ["", " ", "\n", " \t\r\n\u{a0}\u{2003}"] {
                for run in [
                    try await me.roost("send", id, text), try await me.roost("send", id, "-", input: Data(text.utf8)),
                    try await me.roost("send", id, input: Data(text.utf8)),
                ] {
                    #expect(run.status == 65 && run.output.isEmpty && run.errors.contains("empty"), "\(run.errors)")
                }
            }
            let sent = try await me.roost("outbox", "--json")
            #expect(sent.output.isEmpty)
        }
    }
}
