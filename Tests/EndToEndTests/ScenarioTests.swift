import Foundation
import Testing

/// `roost scenario`, run as people run it: with real processes.
@Suite(.serialized) struct ScenarioTests {
    /// A quarter of a minute with something of everything.
    private static let small = """
        {"seed": 7, "nodes": 6, "peers": 3, "settling": "0s", "duration": "15min", "healing": "0s", "messages": 12, "lookups": 4,
         "offline": 0.3, "spell": "4min", "faults": [
          {"at": "2min", "partition": {"share": 0.4, "lasting": "3min"}},
          {"at": "6min", "crash": {"share": 0.4, "back": "2min", "keepsDisk": true}},
          {"at": "8min", "clockJump": {"share": 0.4, "seconds": 60}},
          {"at": "9min", "crash": {"share": 0.2, "back": "1min", "keepsDisk": false}},
          {"at": "12min", "stop": {"share": 0.2}}]}
        """

    private func write(_ text: String, in network: Network) throws -> String {
        let path = network.root + "/scenario.json"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// What a run in this network's directory has left there, besides what the tests themselves write.
    private func leftovers(in network: Network) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: network.root).filter { $0.hasPrefix("roost-") }
    }

    @Test func messagesOutliveWhatHappensToRealNodes() async throws {
        try await Network.with(0) { network in
            let file = try write(Self.small, in: network)
            let running = try Running(
                Command.binary(), ["scenario", file, "--json", "--report", network.root + "/report"],
                home: network.root, environment: ["TMPDIR": network.root])
            let status = try await running.end(within: .seconds(200))
            #expect(status == 0, "\(running.output)\(running.errors)")
            let json = try Command.Result(status: status, output: running.output, errors: running.errors).object()
            #expect(json["verdict"] as? String == "all held" && json["backend"] as? String == "processes")
            #expect(json["traceHash"] is NSNull && json["events"] is NSNull && json["pace"] as? Int == 60)
            #expect(json["notApplied"] as? [String] == ["clock jumps", "latency 20ms..200ms"])
            #expect((json["applied"] as? [String])?.first?.hasPrefix("partition by ") == true)
            let messages = try #require(json["messages"] as? [String: Any])
            #expect(messages["delivered"] as? Int == messages["accepted"] as? Int)
            #expect((messages["accepted"] as? Int ?? 0) > 5)
            #expect((json["incidents"] as? [Any])?.count == 4)
            let page = try String(contentsOfFile: network.root + "/report/report.html", encoding: .utf8)
            #expect(page.contains("real processes") && page.contains("<svg"))
            #expect(try leftovers(in: network) == [])
        }
    }

    @Test(arguments: [SIGINT, SIGTERM]) func anInterruptedRunTellsWhatItFoundAndLeavesNothing(signal: Int32)
        async throws
    {
        try await Network.with(0) { network in
            let running = try Running(
                Command.binary(), ["scenario", "quiet", "--nodes", "4", "--peers", "2", "--messages", "4"],
                home: network.root, environment: ["TMPDIR": network.root])
            try await eventually { try !members(in: network).isEmpty }
            // Twice at once, as `timeout` sends it.
            running.send(signal: signal)
            running.send(signal: signal)
            let status = try await running.end(within: .seconds(20))
            #expect(status == 128 + signal && running.output.hasPrefix("Interrupted after"), "\(running.output)")
            #expect(try leftovers(in: network) == [])
        }
    }

    /// Nothing that a program does when it is killed ends its children but that it is gone.
    @Test func nodesEndWithARunnerThatIsKilled() async throws {
        try await Network.with(0) { network in
            let running = try Running(
                Command.binary(), ["scenario", "quiet", "--nodes", "4", "--peers", "0", "--messages", "0"],
                home: network.root, environment: ["TMPDIR": network.root])
            try await eventually { try members(in: network).count == 4 }
            let sockets = try members(in: network)
            running.send(signal: SIGKILL)
            _ = try await running.end(within: .seconds(5))
            for socket in sockets {
                let directory = (socket as NSString).deletingLastPathComponent
                try await eventually {
                    try await Command.run(nil, ["status", "--data", directory], home: network.root).status == 69
                }
            }
        }
    }

    /// The sockets of the nodes that run.
    private func members(in network: Network) throws -> [String] {
        let files = FileManager.default
        return try leftovers(in: network).flatMap { run in
            let path = network.root + "/" + run
            return ((try? files.contentsOfDirectory(atPath: path)) ?? []).map { "\(path)/\($0)/roost.sock" }
                .filter(files.fileExists)
        }
    }

    @Test(arguments: [
        (["nothing"], "blackout"), (["nowhere.json"], "can't be read"), (["quiet", "--pace", "0.1"], "--pace"),
        (["quiet", "--pace", "fast"], "pace"), (["quiet", "--nodes", "0"], "nodes"),
        (["quiet", "--peers", "1"], "2 people"),
        (["swarm", "--nodes", "5000"], "fewer"), ([], "file|name"), (["quiet", "--bogus"], "bogus"),
    ])
    func nonsenseIsRefusedWithASentence(options: [String], word: String) async throws {
        try await Network.with(0) { network in
            let run = try await Command.run(nil, ["scenario"] + options, home: network.root)
            #expect(run.status == 64 && run.output.isEmpty, "\(run.status)")
            #expect(run.errors.contains(word), "\(run.errors)")
        }
    }

    @Test func containersTakeAnEngine() async throws {
        try await Network.with(0) { network in
            let run = try await Command.run(
                nil, ["scenario", "trouble", "--containers"], home: network.root,
                environment: ["DOCKER_HOST": "unix://\(network.root)/no.sock"])
            #expect(run.status == 64 && run.output.isEmpty && run.errors.contains("No Docker engine"), "\(run.errors)")
        }
    }

    @Test func aReportThatCanNotBeWrittenIsFoundOutBeforeTheRun() async throws {
        try await Network.with(0) { network in
            try Data().write(to: URL(fileURLWithPath: network.root + "/file"))
            let run = try await Command.run(
                nil, ["scenario", "quiet", "--nodes", "3", "--report", network.root + "/file"], home: network.root)
            #expect(run.status == 73 && run.output.isEmpty && run.errors.contains("--report"), "\(run.errors)")
        }
    }
}
