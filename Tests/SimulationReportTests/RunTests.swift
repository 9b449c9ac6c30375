import Basics
import Foundation
import Simulation
import SimulationReport
import Testing

struct RunTests {
    private func parse(_ json: JSONValue) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json.line.utf8)) as? [String: Any])
    }

    @Test func scriptsFindWhatTheyRelyOn() throws {
        let json = try parse(Samples.full.json)
        #expect(json["seed"] as? Int == 7 && json["traceHash"] as? String == "00000000000000ab")
        #expect(json["nodes"] as? Int == 100 && json["virtualSeconds"] as? Double == 7_200)
        #expect(json["events"] as? Int == 1_000 && json["eventsPerSecond"] as? Double == 500)
        #expect(json["wallSeconds"] as? Double == 2 && json["bytesPerNode"] as? Int == 30_000)
        let lookups = try #require(json["lookups"] as? [String: Any])
        #expect(lookups["count"] as? Int == 100 && lookups["exact"] as? Double == 0.99)
        #expect(lookups["roundsP50"] as? Int == 3 && lookups["roundsP99"] as? Int == 4)
        #expect(lookups["rttsFirstP50"] as? Double == 1 && lookups["rttsFirstP99"] as? Double == 1.98)
        #expect(lookups["rttsQuorumP50"] as? Double == 2 && lookups["rttsAllP50"] as? Double == 4)
        #expect(lookups["rpcsMean"] as? Double == 22.5)
        let messages = try #require(json["messages"] as? [String: Any])
        #expect(
            messages["latencySecondsP50"] as? Double == 1_000 && messages["latencySecondsP99"] as? Double == 7_762.392)
        for name in [
            "accepted", "delivered", "duplicated", "lost", "pending", "bytesSentPerDelivered", "bytesStoredPerMessage",
        ] { #expect(messages[name] is Int, "\(name)") }
        let traffic = try #require(json["traffic"] as? [String: Any])
        #expect(traffic["idleBytesPerSecondPerNode"] as? Double == 42.5)
        #expect(traffic["repairBytesPerHourPerNode"] is NSNumber)
        #expect((try parse(Samples.full.jsonWithTimeline)["timeline"] as? [Any])?.count == 101)
    }

    @Test func marksAreShownWhereTheyWereCounted() throws {
        var run = Samples.full
        #expect(try parse(run.json)["marks"] is NSNull && !run.text.contains("marks reached"))
        run.summary.marks = .counting
        run.summary.marks.count(.cookieDemanded)
        let marks = try #require(try parse(run.json)["marks"] as? [String: Any])
        #expect(marks["reached"] as? Int == 1 && marks["of"] as? Int == Mark.allCases.count)
        let missing = try #require(marks["missing"] as? [String])
        #expect(missing.contains("failingRemoved") && !missing.contains("cookieDemanded"))
        #expect((marks["missingExpected"] as? [String])?.allSatisfy(missing.contains) == true)
        #expect(marks["counts"] as? [String: Int] == ["cookieDemanded": 1])
        #expect(run.text.contains("1 of \(Mark.allCases.count) marks reached; not these:"))
        #expect(run.text.contains(Mark.failingRemoved.rawValue))
    }

    @Test func theMapIsThereForScripts() throws {
        let map = try #require(try parse(Samples.full.jsonWithTimeline)["map"] as? [String: Any])
        #expect(map["living"] as? Int == 500)
        let nodes = try #require(map["nodes"] as? [[String: Any]])
        #expect(nodes.count == 30 && nodes[15]["liar"] as? Bool == true && nodes[5]["hidden"] as? Bool == true)
        #expect(nodes[1]["id"] as? String == "0800000000000000" && nodes[1]["ageSeconds"] as? Double == 7_000)
        #expect(((map["tables"] as? [[String: Any]])?[0]["contacts"] as? [Int]) == [1, 2, 14, 29])
        let mailbox = try #require(map["mailbox"] as? [String: Any])
        #expect(mailbox["location"] as? String == "8000000000000001" && mailbox["waiting"] as? Int == 2)
        let buddies = try #require(mailbox["buddies"] as? [[String: Any]])
        #expect(buddies[3]["rank"] as? Int == 9 && buddies[3]["closest"] as? Bool == false)
        #expect(try parse(Samples.full.json)["map"] == nil)
        let empty = try #require(try parse(Samples.empty.jsonWithTimeline)["map"] as? [String: Any])
        #expect(empty["mailbox"] is NSNull)
    }

    @Test func whatWasNotMeasuredIsNull() throws {
        let json = try parse(Samples.empty.json)
        #expect(json["bytesPerNode"] is NSNull)
        #expect((json["lookups"] as? [String: Any])?["exact"] is NSNull)
        #expect((json["messages"] as? [String: Any])?["latencySecondsP50"] is NSNull)
    }

    @Test func quantilesAreByNearestRank() {
        #expect(Quantiles.value(0.5, of: [1, 2, 3, 4]) == 2)
        #expect(Quantiles.value(0.5, of: [1, 2, 3]) == 2)
        #expect(Quantiles.value(0.99, of: Array(1...100)) == 99)
        #expect(Quantiles.value(1, of: [1, 2]) == 2 && Quantiles.value(0, of: [1, 2]) == 1)
        #expect(Quantiles.value(0.5, of: [Int]()) == nil)
    }

    @Test func brokenSafetyCountsMostThenInterruption() {
        var run = Samples.full
        #expect(run.verdict == .allHeld)
        run.summary.unfinished = [Violation("late")]
        #expect(run.verdict == .livenessNotReached && run.headline.contains("LIVENESS"))
        run.wasInterrupted = true
        #expect(run.verdict == .interrupted)
        run.summary.violations = [Violation("twice", trace: ["line one"])]
        #expect(run.verdict == .safetyBroken)
        #expect(run.text.contains("twice") && run.text.contains("line one") && run.text.contains("roost sim --seed 7"))
    }

    @Test(arguments: [
        (Duration.milliseconds(35), "35 ms"), (.milliseconds(1_230), "1.23 s"), (.seconds(60), "1 min"),
        (.seconds(250), "4 min 10 s"), (.milliseconds(59_990), "1 min"), (.seconds(7_500), "2 h 5 min"),
        (.seconds(86_399), "1 d"), (.seconds(266_400), "3 d 2 h"), (.zero, "0 s"), (.seconds(-90), "−1 min 30 s"),
    ])
    func timesAreReadable(duration: Duration, text: String) {
        #expect(Readable.time(duration) == text)
    }

    @Test func allAndNoneAreOnlySaidOfAllAndNone() {
        #expect(Readable.share(100_000, of: 100_000) == "100 %" && Readable.share(0, of: 5) == "0 %")
        #expect(Readable.share(99_999, of: 100_000) == "99.99 %" && Readable.share(1, of: 1_000_000) == "0.01 %")
        #expect(Readable.count(-1_234_567) == "−1,234,567" && Readable.number(1.50) == "1.5")
        #expect(Readable.number(20) == "20" && Readable.bytes(1_536) == "1.5 KiB")
        #expect(Readable.bytes(1_023) == "1,023 B" && Readable.bytes(1_048_575) == "1 MiB")
    }
}
