import Foundation
import Testing

/// Several people on one machine, and what a shell completes.
@Suite(.serialized) struct ProfileTests {
    private func roost(_ arguments: [String], home: String) async throws -> Command.Result {
        try await Command.run(nil, arguments, home: home)
    }

    @Test func initSaysWhatItMadeAndWhatComesNext() async throws {
        try await Network.with(0) { network in
            let home = network.root
            let first = try await roost(["init"], home: home)
            #expect(first.status == 0 && first.output.hasPrefix("roost1"))
            #expect(first.errors.contains("New keys are in") && first.errors.contains("`roost up`"))
            let again = try await roost(["init", "--json"], home: home)
            #expect(again.errors.contains("There are keys in") && again.errors.contains("nothing was changed"))
            let said = try again.object()
            #expect(said["made"] as? Bool == false)
            let id = try await roost(["id", "--json"], home: home).object()
            #expect((id["key"] as? String)?.count == 64 && said["key"] as? String == id["key"] as? String)
            let work = try await roost(["init", "--profile", "work"], home: home)
            #expect(work.errors.contains("`roost up --profile work`") && work.output != first.output)
        }
    }

    @Test func profilesAreListedWithWhetherTheyRun() async throws {
        try await Network.with(0) { network in
            let home = network.root
            let empty = try await roost(["profiles"], home: home)
            #expect(empty.status == 0 && empty.output.isEmpty && empty.errors.contains("roost init"))
            let ids = try await [["init"], ["init", "--profile", "work"]].asyncMap {
                try await roost($0, home: home).output.trimmingCharacters(in: .newlines)
            }
            let place = home + "/.local/share/roost-profiles"
            try FileManager.default.createDirectory(atPath: place + "/empty", withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: place + "/no name", withIntermediateDirectories: true)
            let member = try network.member("unused")
            _ = member
            let running = try Running(
                try Command.binary(), ["up", "--profile", "work", "--listen", "127.0.0.1:0"], home: home)
            try await eventually { running.output.hasSuffix("\n") }
            let reports = try await roost(["profiles", "--json"], home: home).objects()
            #expect(reports.map { $0["profile"] as? String } == ["default", "work"])
            #expect(reports.map { $0["id"] as? String } == ids)
            #expect(reports.map { $0["state"] as? String } == ["stopped", "running"])
            let down = try await roost(["down", "--profile", "work"], home: home)
            #expect(down.status == 0)
            _ = try await running.end(within: .seconds(6))
            let lines = try await roost(["profiles"], home: home).output.split(separator: "\n")
            #expect(lines.count == 2 && lines.allSatisfy { $0.hasSuffix("stopped") })
        }
    }

    @Test(arguments: [["--profile", "../x"], ["--profile", ""], ["--profile", "a", "--data", "/tmp/a"]])
    func whatNamesNoProfileIsRefused(arguments: [String]) async throws {
        try await Network.with(0) { network in
            let refused = try await roost(["id"] + arguments, home: network.root)
            #expect(refused.status == 64 && refused.errors.split(separator: "\n").count == 1)
        }
    }

    @Test func namesAreCompletedAndNothingThatAShellRuns() async throws {
        try await Network.with(0) { network in
            let home = network.root
            let id = try await roost(["init"], home: home).output.trimmingCharacters(in: .newlines)
            for name in ["bob", "bettina", "carol"] {
                _ = try await roost(["peers", "add", name, id], home: home)
            }
            let book = home + "/.local/share/roost/peers.json"
            var names = try #require(
                try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: book)))
                    as? [String: String])
            names["b$(touch${IFS}x)"] = id
            names["b`id`"] = id
            try JSONSerialization.data(withJSONObject: names).write(to: URL(fileURLWithPath: book))
            let completed = try await roost(
                ["---completion", "send", "--", "positional@0", "2", "1", "roost", "send", "b"], home: home)
            #expect(completed.output.split(separator: "\n").map(String.init) == ["bettina", "bob"])
            // What comes behind the cursor is another word; and where else names serve.
            for (command, rest) in [("send", ["--data", home + "/.local/share/roost"]), ("introduce", [])] {
                let words = ["---completion", command, "--", "positional@0", "2", "2", "roost", command, "bo"]
                let found = try await roost(words + rest, home: home)
                #expect(found.output == "bob\n", "\(command): \(found.output)\(found.errors)")
            }
            let script = try await roost(["completion", "bash"], home: home)
            #expect(script.output.contains("---completion"))
        }
    }
}
