import Foundation
import Testing

/// A daemon that is there and doesn't answer: no command waits for ever, and each says what to do.
@Suite(.serialized) struct HangingDaemonTests {
    /// Commands with the seconds within which they have to end.
    private static let commands: [(arguments: [String], seconds: Double)] = [
        (["status"], 10), (["status", "--timeout", "2"], 2), (["status", "--json", "--timeout", "0"], 1),
        (["status", "--wait", "ready", "--timeout", "3"], 3), (["status", "--watch"], 10), (["inbox"], 10),
        (["inbox", "--follow"], 10), (["inbox", "delete", "00000000"], 10), (["outbox"], 10),
        (["outbox", "show", "00000000"], 10), (["outbox", "cancel", String(repeating: "0", count: 32)], 10),
        (["nodes"], 10), (["lookup", String(repeating: "0", count: 64)], 10), (["down"], 8),
        (["send", "me", "Hello.", "--timeout", "3"], 3), (["send", "me", "Hello.", "--until", "queued"], 10),
    ]

    @Test func everyCommandEndsInItsTime() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            let added = try await me.roost("peers", "add", "me", me.id())
            try #require(added.status == 0)
            let daemon = try #require(me.daemon)
            daemon.send(signal: SIGSTOP)
            let begun = ContinuousClock.now
            var waiting = try HangingDaemonTests.commands.map { command in
                let arguments = command.arguments + ["--data", me.directory]
                return (command, try Running(Command.binary(), arguments, home: me.root))
            }
            while let (command, running) = waiting.min(by: { $0.0.seconds < $1.0.seconds }) {
                waiting.removeAll { $0.1 === running }
                // All of them run at once, on a machine that may do other things.
                let status = try await running.end(within: .seconds(command.seconds + 5))
                #expect(status == 69, "\(command.arguments): \(status)")
                #expect(
                    running.errors.contains("The daemon doesn't answer: "), "\(command.arguments): \(running.errors)")
                #expect(running.errors.contains("kill -CONT \(daemon.process)") && running.output.isEmpty)
            }
            #expect(ContinuousClock.now - begun < .seconds(16))
            // Awake again it does what it was told meanwhile: `roost down` was among it.
            daemon.send(signal: SIGCONT)
            let status = try await daemon.end(within: .seconds(10))
            #expect(status == 0)
            try await me.start()
            // As was said, a message may have been accepted.
            let sent = try await me.outboxStates()
            #expect(sent.count <= 2)
        }
    }

    @Test func aMessageThatWasAcceptedBeforeItHungIsNotYetThere() async throws {
        try await Network.with(0) { network in
            let me = try network.member("me")
            try await me.start(bootstrap: ["--bootstrap", "127.0.0.1:9"])
            let other = try await network.member("other").id()
            let sending = try Running(
                Command.binary(),
                ["send", other, "Hello.", "--until", "delivered", "--timeout", "4", "--json", "--data", me.directory],
                home: me.root)
            try await eventually { try await me.outboxStates().count == 1 }
            me.daemon?.send(signal: SIGSTOP)
            let status = try await sending.end(within: .seconds(12))
            #expect(status == 75 && sending.output.contains(#""state":"queued""#), "\(sending.errors)")
            #expect(
                sending.errors.contains("doesn't answer") && sending.errors.contains("accepted"), "\(sending.errors)")
            me.daemon?.send(signal: SIGCONT)
        }
    }
}
