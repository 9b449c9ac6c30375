import Foundation
import Testing

/// What a running daemon bears, and how commands end that can't do their work.
@Suite(.serialized) struct BadInputTests {
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")))
    func bodiesThatAreNoRequestAreRefused() async throws {
        try await Network.with(1) { network in
            let alice = network.members[0]
            let id = try await alice.id()
            func post(_ body: Data) async throws -> Int? {
                try body.write(to: URL(fileURLWithPath: network.root + "/body"))
                let run = try await Command.run(
                    "/usr/bin/curl",
                    [
                        "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket",
                        alice.directory + "/roost.sock",
                        "--data-binary", "@" + network.root + "/body", "http://roost/v1/messages",
                    ], home: network.root)
                return Int(run.output)
            }
            func text(_ value: String) -> Data { Data(#"{"to":"\#(id)","text":\#(value)}"#.utf8) }
            var notUTF8 = text("\"x\"")
            notUTF8[notUTF8.count - 3] = 0xff
            let deep = String(repeating: "[", count: 200_000)
            let bodies: [Data] = [
                Data(), Data("{".utf8), Data("null".utf8), Data("[]".utf8), notUTF8, text(#""\ud800""#),
                text(#""\udc00x""#),
                text("1e999999999"), text("123456789012345678901234567890"), text(deep), Data(deep.utf8),
                text(String(repeating: #"{"a":"#, count: 50_000)), Data([0, 1, 2, 3]),
            ]
            for (index, body) in bodies.enumerated() {
                let status = try await post(body)
                #expect([400, 422].contains(status), "body \(index): \(status ?? 0)")
            }
            let nul = try await post(text(#""a\u0000b""#))
            #expect(nul == 201)
            let running = try await alice.roost("inbox", "--peek", "--json").objects()
            #expect(running.map { $0["text"] as? String } == ["a\0b"])
        }
    }

    @Test func whatIsNotUTF8IsRefused() async throws {
        try await Network.with(0) { network in
            let binary = try Command.binary()
            func shell(_ line: String) async throws -> Command.Result {
                try await Command.run("/bin/bash", ["-c", line], home: network.root)
            }
            let argument = try await shell("\(binary) send --data $HOME/a roost1 $'caf\\xe9'")
            #expect(argument.status == 65 && argument.errors.contains("UTF-8"))
            let directory = try await shell("\(binary) id --data $HOME/$'\\xff'")
            #expect(directory.status == 65)
            let variable = try await shell("ROOST_DATA=$HOME/$'\\xff' \(binary) id")
            #expect(variable.status == 78 && variable.errors.contains("ROOST_DATA"))
            try Data([0x6c, 0xff, 0x0a]).write(to: URL(fileURLWithPath: network.root + "/conf"))
            let file = try await shell("\(binary) up --data $HOME/a --config $HOME/conf")
            #expect(file.status == 78 && file.errors.contains("conf"))
        }
    }

    /// What was typed is repeated so that it begins no line of its own, and does nothing to the terminal.
    @Test func whatIsRepeatedInAnErrorStaysInItsLine() async throws {
        try await Network.with(0) { network in
            let forged = "x\nroost: All is well.\u{1b}[2J\u{9b}31m\u{202e}\r"
            let file = network.root + "/config.json"
            try Data(#"{"network":"a\nroost: b\u001b"}"#.utf8).write(to: URL(fileURLWithPath: file))
            for arguments in [
                ["up", "--network", forged], ["up", "--listen", forged], ["up", "--bootstrap", forged],
                ["up", "--bootstrap", "dns:" + forged], ["up", "--api", forged], ["up", "--metrics", forged],
                ["up", "--log-level", forged], ["up", "--read-receipts=" + forged], ["up", "--config", file],
                ["up", "--config", network.root + "/" + forged], [forged], ["peers", forged], ["send", forged, "text"],
                ["send", "x", "text", "--until", forged], ["send", "x", "text", "--until=" + forged],
                ["history", "x", "--since", forged], ["history", "x", "--last", forged], ["inbox", "--" + forged],
                ["inbox", "-" + forged], ["id", forged], ["id", forged, forged],
                ["id", "--data", network.root + forged],
                ["peers", "add", forged, "roost1x"], ["peers", "remove", forged], ["outbox", "show", forged],
                ["status", "--profile", forged], ["export", network.root + "/none/" + forged],
                ["import", network.root + forged], ["import", "x", "--passphrase-file", network.root + forged],
                ["doctor", "--data", network.root + forged], ["sim", "--fault", forged], ["sim", forged],
                ["lookup", forged], ["requests", "accept", forged], ["introduce", forged, "x"], ["name", forged],
            ] {
                let run = try await Command.run(
                    nil, arguments, home: network.root,
                    environment: ["ROOST_PASSPHRASE": "six words that nobody can guess"])
                let said = run.output + run.errors
                #expect(run.status != 0 && !run.errors.isEmpty, "\(arguments)")
                #expect(!said.contains("\nroost: All") && !said.contains("\nroost: b"), "\(arguments): \(said)")
                let controls = said.unicodeScalars.filter {
                    $0 != "\n" && ($0.properties.generalCategory == .control || $0 == "\u{202e}")
                }
                #expect(controls.isEmpty, "\(arguments): \(said.debugDescription)")
            }
        }
    }

    @Test func readersThatLeaveEndACommandQuietly() async throws {
        try await Network.with(1) { network in
            let alice = network.members[0]
            for _ in 0..<3 {
                try await alice.send(String(repeating: "line\n", count: 12_000), to: alice.id(), until: "delivered")
            }
            let line = "\(try Command.binary()) inbox --peek --data \(alice.directory) | head -1; exit ${PIPESTATUS[0]}"
            let run = try await Command.run("/bin/bash", ["-c", line], home: network.root)
            #expect(run.status == 74 && run.errors.isEmpty, "\(run.status) \(run.errors)")
            let full = try await Command.run(
                "/bin/bash", ["-c", "\(try Command.binary()) id --data \(alice.directory) > /dev/full"],
                home: network.root)
            #expect(full.status == 74 && full.errors.contains("Standard output"))
        }
    }

    @Test func signalsAtTheStartAndALostTerminalEndItCleanly() async throws {
        try await Network.with(0) { network in
            let alice = try network.member("alice")
            for milliseconds in [5, 15, 30, 60] {
                let running = try Running(
                    Command.binary(), ["up", "--data", alice.directory, "--listen", "127.0.0.1:0"], home: network.root)
                try await Task.sleep(for: .milliseconds(milliseconds))
                running.send(signal: SIGTERM)
                let status = try await running.end(within: .seconds(6))
                // Before the program has begun, the system ends it.
                #expect(status == 0 || (status == -SIGTERM && running.output.isEmpty), "\(running.errors)")
            }
            try await alice.start()
            let status = try await alice.stop(SIGHUP)
            #expect(status == 0 && !FileManager.default.fileExists(atPath: alice.directory + "/roost.sock"))
        }
    }

    /// A limit on the size of its files is the end of the disk for a process, and can be lifted while it runs.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/prlimit")))
    func aFullDiskRefusesWhatIsNewUntilThereIsSpace() async throws {
        try await Network.with(2) { network in
            let alice = try network.member("alice")
            try await alice.start(wrapper: ["/usr/bin/prlimit", "--fsize=600000:unlimited"])
            try await alice.join()
            let bob = try network.member("bob")
            let recipient = try await bob.id()
            let text = Data(repeating: 0x61, count: 40_000)
            func send() async throws -> Command.Result {
                try await alice.roost("send", recipient, "-", "--until", "queued", input: text)
            }
            var accepted = 0
            var run = try await send()
            while run.status == 0, accepted < 40 {
                accepted += 1
                run = try await send()
            }
            #expect(run.status == 73 && run.errors.contains("The disk is full"), "\(run.status) \(run.errors)")
            #expect(accepted < 40)
            var status = try await alice.roost("status", "--json").object()
            #expect(status["disk"] as? String == "full")
            var kept = try await alice.outboxStates()
            #expect(kept.count == accepted)
            // What frees space works, also after a start on the full disk.
            let first = try #require(try await alice.roost("outbox", "--json").objects().first?["message"] as? String)
            let cancelled = try await alice.roost("outbox", "cancel", first)
            #expect(cancelled.status == 0)
            let ended = try await alice.stop()
            #expect(ended == 0)
            try await alice.start(wrapper: ["/usr/bin/prlimit", "--fsize=600000:unlimited"])
            kept = try await alice.outboxStates()
            #expect(kept.count == accepted && kept.first == "failed")
            // Space: no restart.
            let process = try #require(alice.daemon?.process)
            let lifted = try await Command.run(
                "/usr/bin/prlimit", ["--pid", "\(process)", "--fsize=unlimited:unlimited"], home: network.root)
            #expect(lifted.status == 0)
            for _ in 0..<5 {
                run = try await send()
                #expect(run.status == 0, "\(run.errors)")
            }
            status = try await alice.roost("status", "--json").object()
            #expect(status["disk"] as? String == "ok")
        }
    }
}
