import Foundation
import Testing

/// `roost chat` where it can't begin, and how it ends. What is on its screen is tried in tmux (Scripts/test-chat.py).
@Suite(.serialized) struct ChatCommandTests {
    private static let enter = "\u{1b}[?1049h"
    private static let leave = "\u{1b}[?2004l\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"

    private func chat(_ member: Member, _ arguments: [String] = [], _ environment: [String: String] = [:]) throws
        -> Pseudoterminal
    {
        try Pseudoterminal(
            Command.binary(), ["chat", "--data", member.directory] + arguments, home: member.root,
            environment: environment)
    }

    @Test func whereNothingCanBeDrawnItSaysWhatToUse() async throws {
        try await Network.with(1) { network in
            let piped = try await network.members[0].roost("chat")
            #expect(piped.status == 64 && piped.output.isEmpty)
            #expect(piped.errors.contains("`roost history PEER`") && piped.errors.contains("`roost send PEER TEXT`"))
            let dumb = try chat(network.members[0], [], ["TERM": "dumb"])
            #expect(try await dumb.end() == 64)
            #expect(dumb.output.contains("roost history") && !dumb.output.contains("\u{1b}"))
            for (name, status) in [("roost1mistyped", Int32(65)), ("nobody", 67)] {
                let terminal = try chat(network.members[0], [name])
                #expect(try await terminal.end() == status)
                #expect(!terminal.output.contains("\u{1b}") && terminal.echoes)
            }
            let nobody = try network.member("nobody")
            let away = try chat(nobody)
            #expect(try await away.end() == 69)
            #expect(away.output.contains("start it with") && !away.output.contains("\u{1b}") && away.echoes)
        }
    }

    /// The mouse is the terminal's where that is wanted.
    @Test func theMouseIsLeftAlone() async throws {
        try await Network.with(1) { network in
            for (options, environment, isTaken) in [
                ([], [:], true), (["--no-mouse"], [:], false), ([], ["NO_MOUSE": "1"], false),
                ([], ["NO_MOUSE": ""], true),
            ] as [([String], [String: String], Bool)] {
                let terminal = try chat(network.members[0], options, environment)
                try await eventually { terminal.output.contains("Ctrl-Q ends") }
                terminal.type("\u{11}")
                #expect(try await terminal.end() == 0)
                #expect(terminal.output.contains("\u{1b}[?1000h\u{1b}[?1006h") == isTaken)
                #expect(terminal.output.contains("\u{1b}[?1006l\u{1b}[?1000l") == isTaken)
            }
        }
    }

    @Test func whoeverEndsItFindsTheScreenAsItWas() async throws {
        try await Network.with(1) { network in
            for (end, status): (@Sendable (Pseudoterminal) -> Void, Int32) in [
                ({ $0.type("\u{11}") }, 0), ({ $0.type("\u{3}") }, 0), ({ $0.type("\u{4}") }, 0),
                ({ _ = kill($0.process, SIGTERM) }, 143), ({ _ = kill($0.process, SIGHUP) }, 129),
                ({ _ = kill($0.process, SIGINT) }, 130),
            ] {
                let terminal = try chat(network.members[0], [], ["NO_COLOR": "1"])
                try await eventually { terminal.output.contains("Ctrl-Q ends") }
                #expect(terminal.output.hasPrefix(Self.enter) && !terminal.echoes)
                // Without colours, no sequence has any.
                #expect(!terminal.output.contains(/\u{1b}\[[0-9;]*m/))
                end(terminal)
                #expect(try await terminal.end() == status)
                #expect(terminal.output.hasSuffix(Self.leave) && terminal.echoes)
            }
        }
    }
}
