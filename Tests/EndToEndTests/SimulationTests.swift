import Foundation
import Testing

/// `roost sim`, run as people run it.
@Suite(.serialized) struct SimulationTests {
    /// A run of a second, with little in it.
    private static let small = [
        "sim", "--nodes", "30", "--peers", "4", "--hours", "0.2", "--messages", "10", "--lookups", "5",
    ]

    private func sim(_ arguments: [String], in network: Network) async throws -> Command.Result {
        try await Command.run(nil, arguments, home: network.root)
    }

    @Test func theSameSeedIsTheSameHistory() async throws {
        try await Network.with(0) { network in
            let saved = network.root + "/scenario.json"
            let options = ["--seed", "7", "--loss", "0.05", "--stop", "0.2@5min", "--json"]
            let first = try await sim(Self.small + options + ["--save", saved], in: network)
            #expect(first.status == 0, "\(first.errors)")
            let json = try first.object()
            let hash = try #require(json["traceHash"] as? String)
            #expect(hash.count == 16 && json["seed"] as? Int == 7 && json["nodes"] as? Int == 30)
            let messages = try #require(json["messages"] as? [String: Any])
            #expect(messages["accepted"] as? Int == 10 && messages["delivered"] as? Int == 10)
            let again = try await sim(["sim", "--replay", saved, "--json"], in: network)
            #expect(try again.object()["traceHash"] as? String == hash)
            let other = try await sim(["sim", "--replay", saved, "--seed", "8", "--json"], in: network)
            #expect(try other.object()["traceHash"] as? String != hash)
            let commands = try #require(json["replay"] as? [String])
            #expect(commands.first?.hasSuffix("--loss 0.05 --stop 0.2@5min --seed 7") == true, "\(commands)")
        }
    }

    @Test func aSweepAndAComparisonAreEvidence() async throws {
        try await Network.with(0) { network in
            let small = [
                "sim", "--nodes", "15", "--peers", "2", "--hours", "0.05", "--messages", "4", "--lookups", "10",
            ]
            let options = ["--seed", "7", "--sweep", "loss=0,0.2", "--seeds", "2"]
            let report = network.root + "/sweep"
            let sweep = try await sim(small + options + ["--report", report], in: network)
            #expect(sweep.status == 0, "\(sweep.errors)")
            #expect(sweep.output.hasPrefix("link.loss") && sweep.output.contains("●"))
            let page = try String(contentsOfFile: report + "/sweep.html", encoding: .utf8)
            #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("<svg"))
            var hashes: [[String]] = []
            for threads in ["1", "3"] {
                let run = try await sim(small + options + ["--threads", threads, "--json"], in: network)
                let values = try #require(run.object()["values"] as? [[String: Any]])
                hashes.append(
                    values.flatMap { ($0["runs"] as? [[String: Any]] ?? []).map { "\($0["traceHash"] ?? "")" } })
            }
            #expect(hashes[0] == hashes[1] && hashes[0].count == 4, "threads change nothing")
            for (name, loss) in [("a", "0"), ("b", "0.2")] {
                let run = try await sim(small + ["--seed", "7", "--loss", loss, "--json"], in: network)
                try run.output.write(toFile: "\(network.root)/\(name).json", atomically: true, encoding: .utf8)
            }
            let files = [network.root + "/a.json", network.root + "/b.json"]
            let comparison = try await sim(["sim", "--compare"] + files, in: network)
            #expect(comparison.status == 0 && comparison.output.contains("link.loss"))
            let json = try await sim(["sim", "--compare"] + files + ["--json"], in: network).object()
            #expect((json["scenario"] as? [[String: Any]])?.map { $0["field"] as? String } == ["link.loss"])
            try "{}".write(toFile: files[1], atomically: true, encoding: .utf8)
            let wrong = try await sim(["sim", "--compare"] + files, in: network)
            #expect(wrong.status == 65 && wrong.errors.contains("is not a run"))
        }
    }

    /// A trap names the runs that it may be of, and their file does so after an end of which no program hears.
    @Test(arguments: [SIGILL, SIGABRT, SIGKILL])
    func aSwarmThatIsEndedNamesItsRuns(signal: Int32) async throws {
        try await Network.with(0) { network in
            let file = network.root + "/failure.json"
            let swarm = try Running(
                Command.binary(), ["sim", "--swarm", "1000", "--seed", "5", "--threads", "2", "--save", file],
                home: network.root)
            func named() -> String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }
            try await eventually { named().contains("roost sim --swarm 1 --seed ") }
            swarm.send(signal: signal)
            #expect(try await swarm.end(within: .seconds(30)) == -signal)
            #expect(named().contains("roost sim --swarm 1 --seed "))
            let told =
                swarm.errors.contains("was ended within these runs") && swarm.errors.contains("  roost sim --swarm 1")
            #expect(told == (signal != SIGKILL), "\(swarm.errors)")
        }
    }

    @Test func aSummaryAndAReportAreForPeople() async throws {
        try await Network.with(0) { network in
            let run = try await sim(
                Self.small + ["--seed", "7", "--report", network.root + "/deep/report"], in: network)
            #expect(run.status == 0 && run.output.hasPrefix("All held · 10 of 10 messages delivered exactly once"))
            #expect(
                run.output.contains("trace hash") && run.output.contains("/deep/report/scenario.json")
            )
            #expect(run.errors.contains("seed "))
            let page = try String(contentsOfFile: network.root + "/deep/report/report.html", encoding: .utf8)
            #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("<svg"))
            let data = try Data(contentsOf: URL(fileURLWithPath: network.root + "/deep/report/summary.json"))
            let summary = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            #expect((summary["timeline"] as? [Any])?.isEmpty == false)
        }
    }

    @Test(arguments: [
        (["--nodes", "0"], "nodes"), (["--nodes", "-5"], "nodes"), (["--nodes", "many"], "nodes"),
        (["--hours", "-1"], "Hours"), (["--hours", "0"], "lasts"), (["--loss", "1.5"], "loss"),
        (["--loss", "nan"], "loss"),
        (["--half-life", "soon"], "half-life"), (["--churn-law", "weibull"], "--half-life"),
        (["--latency", "2s..1s"], "20ms..200ms"), (["--messages", "-1"], "messages"),
        (["--messages", "5", "--peers", "1"], "2 people"), (["--offline", "1"], "offline"),
        (["--stop", "0.5"], "0.5@1h"),
        (["--stop", "0.5@3h", "--hours", "1"], "fault"), (["--partition", "0.5@1h"], "+30min"),
        (["--crash", "1.5@1h+1s"], "0 to 1"), (["--cipher", "rot13"], "cipher"), (["--seed", "-1"], "seed"),
        (["--scenario", "nothing"], "blackout"), (["--scenario", "quiet", "--replay", "x"], "not both"),
        (["--replay", "nowhere.json"], "can't be read"), (["--nodes", "1000000"], "--force"), (["--bogus"], "bogus"),
    ])
    func nonsenseIsRefusedWithASentence(options: [String], word: String) async throws {
        try await Network.with(0) { network in
            let run = try await sim(["sim"] + options, in: network)
            #expect(run.status == 64 && run.output.isEmpty, "\(run.status)")
            #expect(run.errors.contains(word), "\(run.errors)")
        }
    }

    @Test func filesThatAreNoScenarioAreRefused() async throws {
        try await Network.with(0) { network in
            for (text, word) in [("{", "not JSON"), (#"{"nodse": 5}"#, "nodse"), (#"{"nodes": 0}"#, "nodes")] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: network.root + "/bad.json"))
                let run = try await sim(["sim", "--replay", network.root + "/bad.json"], in: network)
                #expect(
                    run.status == 64 && run.errors.contains("bad.json") && run.errors.contains(word), "\(run.errors)")
            }
        }
    }

    @Test func whatCanNotBeWrittenIsFoundOutBeforeTheRun() async throws {
        try await Network.with(0) { network in
            try Data().write(to: URL(fileURLWithPath: network.root + "/file"))
            for options in [
                ["--report", "file"], ["--report", "file/below"], ["--save", "file/x"], ["--save", "no/x"],
            ] {
                let run = try await sim(["sim", options[0], network.root + "/" + options[1]], in: network)
                #expect(run.status == 73 && run.output.isEmpty && run.errors.contains(options[1]), "\(run.errors)")
            }
        }
    }

    /// Without time to heal, what people who are away were sent can't arrive.
    @Test func whatDidNotArriveIsToldWithItsTrace() async throws {
        try await Network.with(0) { network in
            let text =
                #"{"nodes": 30, "peers": 4, "duration": "10min", "healing": "0s", "messages": 40, "offline": 0.9}"#
            try Data(text.utf8).write(to: URL(fileURLWithPath: network.root + "/hasty.json"))
            let arguments = ["sim", "--replay", network.root + "/hasty.json"]
            let run = try await sim(arguments, in: network)
            #expect(run.status == 4 && run.output.hasPrefix("LIVENESS NOT REACHED"), "\(run.status) \(run.output)")
            #expect(run.output.contains("✗") && run.output.contains("The same again:"))
            let json = try await sim(arguments + ["--json"], in: network)
            #expect(json.status == 4)
            let unfinished = try #require(try json.object()["unfinished"] as? [[String: Any]])
            #expect((unfinished.first?["trace"] as? [String])?.isEmpty == false)
        }
    }

    @Test func anInterruptedRunTellsWhatItFound() async throws {
        try await Network.with(0) { network in
            let running = try Running(Command.binary(), ["sim", "--hours", "1000"], home: network.root)
            try await eventually { running.errors.contains("seed") }
            running.send(signal: SIGINT)
            let status = try await running.end(within: .seconds(20))
            #expect(status == 130 && running.output.hasPrefix("Interrupted after"), "\(running.output)")
        }
    }

    @Test func theBuiltInScenariosAreListed() async throws {
        try await Network.with(0) { network in
            let list = try await sim(["sim", "--list"], in: network)
            #expect(list.status == 0 && list.output.contains("blackout"))
            let objects = try await sim(["sim", "--list", "--json"], in: network).objects()
            #expect(objects.count > 5 && objects.allSatisfy { $0["scenario"] is [String: Any] })
            let help = try await sim(["sim", "--help"], in: network)
            #expect(help.status == 0 && help.output.contains("EXAMPLES"))
        }
    }
}
