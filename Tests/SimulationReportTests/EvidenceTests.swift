import Simulation
import SimulationReport
import Testing

/// Comparisons and sweeps: what they say of runs, and how sure they are of it.
struct EvidenceTests {
    // MARK: Intervals

    /// Against the tables of a textbook: t of 4 degrees of freedom is 2.776, and the standard error of 1…5 is 0.7071.
    @Test func anIntervalOfValuesIsStudents() throws {
        let interval = try #require(Interval(of: [11, 12, 13, 14, 15]))
        #expect(interval.mean == 13 && interval.runs == 5)
        #expect(abs(interval.low - (13 - 1.963)) < 0.001 && abs(interval.high - (13 + 1.963)) < 0.001)
        #expect(Interval(of: []) == nil)
        let one = try #require(Interval(of: [7]))
        #expect(one.low == 7 && one.high == 7)
        // 40 degrees of freedom: 2.021.
        let many = try #require(Interval(of: (0...40).map { Double($0) + 100 }))
        let error = (Double(41 * 42) / 12 / 41).squareRoot()
        #expect(abs((many.high - many.mean) / error - 2.021) < 0.001)
    }

    /// Wilson's interval of 10 of 10 begins at 0.7225; Student's of runs that are all alike has no width.
    @Test func aShareOfAllIsNotCertain() throws {
        let all = try #require(Interval(part: [5, 5], of: [5, 5]))
        #expect(all.mean == 1 && all.high == 1 && abs(all.low - 0.7225) < 0.0005)
        // Runs that differ more than chance explains: Student's is the wider.
        let uneven = try #require(Interval(part: [1_000, 0], of: [1_000, 1_000]))
        #expect(uneven.mean == 0.5 && uneven.low == 0 && uneven.high == 1)
        #expect(Interval(part: [0], of: [0]) == nil, "nothing was tried")
    }

    // MARK: Comparing

    private func run(_ change: (inout Run) -> Void = { _ in }) -> Run {
        var run = Samples.full
        change(&run)
        return run
    }

    @Test func twoRunsStandSideBySide() {
        let other = run {
            $0.summary.scenario.link.loss = 0.25
            $0.summary.scenario.churn = Churn(halfLife: .seconds(3_600))
            $0.summary.messages.delivered = 100
            $0.summary.traffic.idleBytesPerSecondPerNode = 85
        }
        let rows = Comparison(run().json, other.json).rows(("a", "b"))
        #expect(rows[0] == ["", "a", "b", "change"])
        #expect(rows.contains(["link.loss", "0", "0.25", ""]))
        #expect(rows.contains { $0[0] == "churn" && $0[1] == "–" })
        #expect(rows.contains(["messages delivered", "99.50 %", "50.0 %", "−49.5 points"]))
        #expect(rows.contains(["traffic of an idle node", "42.5 B/s", "85 B/s", "+100 %"]))
        #expect(rows.contains { $0[0] == "lookups that succeed" && $0[3] == "same" })
        #expect(!rows.contains { $0[0] == "nodes" }, "only the fields that differ")
    }

    /// What was not measured has no change, and a figure that neither has no row.
    @Test func whatWasNotMeasuredIsNotCompared() {
        let without = run {
            $0.summary.messages.accepted = 0
            $0.summary.messages.latencies = []
        }
        let rows = Comparison(run().json, without.json).rows(("a", "b"))
        #expect(rows.contains(["messages delivered", "99.50 %", "–", ""]))
        #expect(!Comparison(without.json, without.json).rows(("a", "b")).contains { $0[0] == "messages delivered" })
        #expect(
            Comparison.isRun(without.json) && !Comparison.isRun(.object(["seed": JSONValue(1)]))
                && !Comparison.isRun(.null))
    }

    // MARK: Sweeping

    private func sweep(_ text: String, seeds: Int = 3) throws(ScenarioFileError) -> Sweep {
        var base = Scenario()
        base.seed = 41
        return try Sweep(text, of: base, seeds: seeds)
    }

    @Test func eachValueIsRunWithTheSameSeeds() throws {
        let sweep = try sweep("loss=0,0.1")
        #expect(sweep.field == "link.loss" && sweep.values == ["0", "0.1"] && sweep.seeds == [41, 42, 43])
        #expect(sweep.scenarios.map(\.seed) == [41, 42, 43, 41, 42, 43])
        #expect(sweep.scenarios.map(\.link.loss) == [0, 0, 0, 0.1, 0.1, 0.1])
    }

    @Test(arguments: ["half-life=15min,1h", "halfLife=15min,1h", "churn.halfLife=15min,1h"])
    func aFieldIsNamedAsInFilesOrAsAnOption(text: String) throws {
        let sweep = try sweep(text)
        #expect(sweep.field == "churn.halfLife")
        #expect(sweep.scenarios.first?.churn == Churn(halfLife: .seconds(900)))
    }

    @Test(arguments: [
        ("loss", "a field and its values"), ("loss=", "a field and its values"), ("=1", "a field and its values"),
        ("loss=0,,1", "a field and its values"), ("loss=0.1,0.1", "once"), ("foo=1", "no field"),
        ("seed=1,2", "no field"), ("faults=1", "no field"), ("link=1", "no field"), ("link.foo=1", "no field"),
        ("loss=many", "link.loss is a number"), ("loss=2", "loss"), ("nodes=0", "nodes"),
        ("half-life=soon", "duration"),
    ])
    func whatCannotBeSweptIsSaid(text: String, sentence: String) {
        #expect { try sweep(text) } throws: { error in
            (error as? ScenarioFileError)?.sentence.contains(sentence) == true
        }
    }

    @Test func tooManyRunsAreRefused() {
        for seeds in [0, -1, 5_001, .max] {
            #expect(throws: ScenarioFileError.self) { try sweep("loss=0,0.1", seeds: seeds) }
        }
    }

    /// Three runs of each value: with loss, idle nodes send twice as much.
    private func result() throws -> SweepResult {
        let sweep = try sweep("loss=0,0.1")
        return SweepResult(
            sweep,
            sweep.scenarios.enumerated().map { index, scenario in
                run {
                    $0.summary.scenario = scenario
                    $0.summary.traffic.idleBytesPerSecondPerNode = (index < 3 ? 40 : 80) + Double(index % 3)
                    if index == 4 { $0.summary.unfinished = [Violation("a message did not arrive", trace: [])] }
                }
            })
    }

    @Test func aSweepIsOneTable() throws {
        let rows = try result().rows
        #expect(rows[0] == ["link.loss", "0", "0.1"])
        #expect(rows[1] == ["runs in which all held", "3 of 3", "2 of 3"])
        #expect(rows.contains { $0[0] == "traffic of an idle node" && $0[1] == "41 B/s (38.5 B/s to 43.5 B/s)" })
        #expect(rows.contains { $0[0] == "events" && !$0[1].contains("to") }, "all alike: no interval")
    }

    @Test func thePlotIsOfWhatTheFieldChanges() throws {
        let result = try result()
        #expect(result.mostTelling?.id == "idle")
        let lines = result.plot.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("traffic of an idle node by link.loss"))
        #expect(lines.dropFirst().allSatisfy { $0.contains("├") && $0.contains("●") && $0.contains("┤") })
    }

    @Test func whatDidNotHoldIsNamedWithItsSeed() throws {
        let result = try result()
        #expect(result.failures == ["link.loss=0.1, seed 42: a message did not arrive"])
        #expect(result.verdict == .livenessNotReached)
    }

    @Test func aSweepsPageNeedsNothingElse() throws {
        let html = SweepPage(try result()).html
        #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("<svg") && html.contains("seed 42"))
        #expect(
            !html.contains("http://") || !html.replacing("http://www.w3.org/2000/svg", with: "").contains("http://"))
    }
}
