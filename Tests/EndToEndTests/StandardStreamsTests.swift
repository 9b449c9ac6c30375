import Foundation
import Testing

/// Standard streams that are closed, full or read by nobody: what was done is done, and the exit code says so.
@Suite(.serialized) struct StandardStreamsTests {
    /// Ways in which standard error can't be written. The last is a pipe whose reader has gone.
    private static let unwritable = ["2>&-", "2>/dev/full", "2> >(exec true; sleep 0)"]

    private func shell(_ line: String, _ member: Member) async throws -> Command.Result {
        try await Command.run(
            "/bin/bash", ["-c", line], home: member.root,
            environment: ["ROOST_DATA": member.directory, "roost": Command.binary()])
    }

    @Test(arguments: unwritable) func newsThatNobodyReadsChangesNothing(redirection: String) async throws {
        try await Network.with(0) { network in
            let me = try network.member("me")
            // Alone, so that what is sent to somebody else waits, and is news.
            try await me.start(bootstrap: ["--bootstrap", "127.0.0.1:9"])
            let id = try await network.member("other").id()
            for (command, status) in [
                ("send \(id) hello --timeout 0.1", 75), ("send \(id) hello --until queued", 0),
                ("send nobody hello", 67),
                ("outbox cancel 00000000", 65), ("inbox --json", 0), ("inbox", 0),
                ("status --wait ready --timeout 0", 75),
                ("nonsense", 64), ("send --nonsense", 64), ("status --data /nonexistent", 69),
                ("id --data /nonexistent", 78),
                ("sim --nodes 2 --hours 1 --peers 0 --messages 0 --lookups 1 --seed 1", 0),
            ] {
                let run = try await shell("sleep 0.05; \"$roost\" \(command) \(redirection)", me)
                #expect(run.status == Int32(status), "\(command): \(run.status)")
            }
            let sent = try await me.roost("outbox", "--json").objects()
            #expect(sent.count == 2)
        }
    }

    @Test func resultsThatNobodyTakesEndACommandQuietly() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            try await me.send("Note.", to: me.id(), until: "delivered")
            for command in ["id", "inbox", "status --json", "--help", "send --help", "--version", "completion bash"] {
                let closed = try await shell("\"$roost\" \(command) >&-", me)
                #expect(closed.status == 74 && closed.errors.isEmpty, "\(command): \(closed.status) \(closed.errors)")
                let both = try await shell("\"$roost\" \(command) >&- 2>&-", me)
                #expect(both.status == 74, "\(command): \(both.status)")
                let full = try await shell("\"$roost\" \(command) >/dev/full", me)
                #expect(full.status == 74 && full.errors.contains("Standard output"), "\(command): \(full.errors)")
            }
            // What was shown to nobody has not been read.
            let unread = try await me.roost("inbox", "--unread", "--peek", "--json").objects()
            #expect(unread.count == 1)
            let input = try await shell("\"$roost\" send $(\"$roost\" id) - <&-", me)
            #expect(input.status == 74 && input.errors.contains("Standard input"), "\(input.errors)")
        }
    }

    /// What is opened first would get a closed stream's number, and the log would be written into it.
    @Test(arguments: ["<&- >&- 2>&-", "2>&-", ">&- 2>/dev/full", "2> >(exec true; sleep 0)"])
    func aDaemonRunsWithoutThem(redirection: String) async throws {
        try await Network.with(1) { network in
            let me = try network.member("me")
            let line =
                "exec \"$roost\" up --listen 127.0.0.1:0 --log-level trace \(network.bootstrap.joined(separator: " ")) \(redirection)"
            let running = try Running(
                "/bin/bash", ["-c", line], home: me.root,
                environment: ["ROOST_DATA": me.directory, "roost": Command.binary()])
            try await eventually {
                let run = try await me.roost("status", "--wait", "ready", "--timeout", "10")
                return run.status == 0
            }
            for descriptor in 0...2 where FileManager.default.fileExists(atPath: "/proc/self/fd") {
                let target = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/\(running.process)/fd/\(descriptor)")
                let taken = try #require(target, "\(descriptor) is not taken")
                #expect(
                    !taken.hasPrefix("socket:") && !taken.contains("data.mdb") && !taken.contains("lock"), "\(taken)")
            }
            try await me.send("Note.", to: me.id(), until: "delivered")
            running.send(signal: SIGTERM)
            let status = try await running.end(within: .seconds(6))
            #expect(status == 0)
        }
    }
}
