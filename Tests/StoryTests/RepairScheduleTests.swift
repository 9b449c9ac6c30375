import Basics
import NodeCore
import Testing

/// When a node compares, and how long it takes nodes to live.
@Suite struct RepairScheduleTests {
    private func at(_ seconds: Double) -> Instant { .origin + .milliseconds(Int64(seconds * 1_000)) }

    /// For measurements the usual time can be fixed.
    @Test func aFixedIntervalIsKept() throws {
        var schedule = RepairSchedule(every: .seconds(60))
        schedule.hasten(now: at(0))
        for round in 1...4 {
            schedule.observeEnd(.complete, halfLife: .seconds(1_000_000), randomness: 0, now: at(Double(round) * 100))
        }
        #expect(try #require(schedule.due) == at(437.5))
        schedule.observeEnd(.complete, halfLife: .seconds(1), randomness: 384, now: at(500))
        #expect(try #require(schedule.due) == at(560))
    }

    @Test func whoComesComparesThreeTimesSoonAndThenSeldom() throws {
        var schedule = RepairSchedule()
        #expect(schedule.due == nil)
        schedule.hasten(now: at(0))
        var pauses: [Duration] = []
        for _ in 0..<5 {
            let due = try #require(schedule.due)
            schedule.observeEnd(.complete, halfLife: .seconds(3_600), randomness: 384, now: due)
            pauses.append(try #require(schedule.due) - due)
        }
        #expect(pauses == [.seconds(5), .seconds(20), .seconds(1_800), .seconds(1_800), .seconds(1_800)])
    }

    /// Never more than half of the half-life, nor above an hour or below some minutes.
    @Test(arguments: [(60, 600), (1_800, 900), (3_600, 1_800), (7_200, 3_600), (100_000_000, 3_600)])
    func theUsualPauseFollowsTheHalfLife(halfLife: Int64, longest: Int64) throws {
        for randomness: UInt64 in [0, 100, 384, 9_999, .max] {
            var schedule = RepairSchedule()
            schedule.hasten(now: at(0))
            for _ in 0..<3 {
                schedule.observeEnd(
                    .complete, halfLife: .seconds(halfLife), randomness: randomness, now: at(0))
            }
            let pause = try #require(schedule.due) - at(0)
            #expect(pause <= .seconds(longest) && pause >= .seconds(longest * 5 / 8))
        }
    }

    @Test func silenceIsFollowedByAnotherSoonButNotForEver() throws {
        var schedule = RepairSchedule()
        schedule.hasten(now: at(0))
        for _ in 0..<4 {
            schedule.observeEnd(.unanswered, halfLife: .seconds(3_600), randomness: 0, now: at(100))
            #expect(schedule.due == at(110))
        }
        for _ in 0..<3 {
            schedule.observeEnd(.unanswered, halfLife: .seconds(3_600), randomness: 0, now: at(100))
        }
        #expect(try #require(schedule.due) >= at(100 + 600))
        schedule.stop()
        #expect(schedule.due == nil)
    }

    @Test func aRoundThatFellShortIsFollowedByAnotherSoonAndEverLater() throws {
        var schedule = RepairSchedule()
        schedule.hasten(now: at(0))
        var pauses: [Duration] = []
        for _ in 0..<8 {
            schedule.observeEnd(.incomplete, halfLife: .seconds(7_200), randomness: 0, now: at(100))
            pauses.append(try #require(schedule.due) - at(100))
        }
        #expect(pauses == [10, 20, 40, 80, 160, 320, 600, 600].map { Duration.seconds($0) })
        for _ in 0..<3 { schedule.observeEnd(.complete, halfLife: .seconds(7_200), randomness: 0, now: at(200)) }
        schedule.observeShortfall(now: at(200))
        #expect(schedule.due == at(210), "a complete round ends the series")
    }

    /// A full disk loses what each round fetches. It must not be fetched every half a minute for as long.
    @Test func aDiskThatStaysFullIsTriedEverLater() throws {
        var schedule = RepairSchedule()
        schedule.observeLoss(pause: .seconds(30), now: at(0))
        #expect(schedule.due == nil, "who keeps nothing for others has nothing to lose")
        schedule.hasten(now: at(0))
        for _ in 0..<3 { schedule.observeEnd(.complete, halfLife: .seconds(7_200), randomness: 0, now: at(0)) }
        var pauses: [Duration] = []
        for _ in 0..<7 {
            schedule.observeLoss(pause: .seconds(30), now: at(100))
            pauses.append(try #require(schedule.due) - at(100))
            schedule.observeEnd(.complete, halfLife: .seconds(7_200), randomness: 0, now: at(100))
        }
        #expect(pauses == [30, 30, 40, 80, 160, 320, 600].map { Duration.seconds($0) })
        schedule.observeEnd(.complete, halfLife: .seconds(7_200), randomness: 0, now: at(200))
        schedule.observeLoss(pause: .seconds(30), now: at(200))
        #expect(schedule.due == at(230))
    }

    /// Against nodes that live by the exponential law.
    @Test(arguments: [900.0, 3_600, 14_400]) func theHalfLifeIsEstimated(halfLife: Double) {
        var random = SeededGenerator(seed: 7)
        print("seed 7")
        func node() -> NodeID { NodeID(Bytes32(words: (random.next(), random.next(), 0, 0))) }
        var present = (0..<24).map { _ in node() }
        var estimate = ChurnEstimate()
        let step: Int64 = 600
        // The share that outlives a step: a half to the power of step by half-life.
        let survives = exponential(-Double(step) / halfLife * 0.693_147)
        var estimates: [Double] = []
        for round in 0..<400 {
            let before = present
            present = before.filter { _ in Double(random.next() >> 11) / 9_007_199_254_740_992 < survives }
            while present.count < 24 { present.append(node()) }
            let now = present
            estimate.look(at: now, isAlive: { now.contains($0) }, now: at(Double(round) * Double(step)))
            if round >= 40 { estimates.append(estimate.halfLife / .seconds(1)) }
        }
        let mean = estimates.reduce(0, +) / Double(estimates.count)
        #expect(mean > 0.8 * halfLife && mean < 1.25 * halfLife, "\(mean)")
    }

    private func exponential(_ x: Double) -> Double {
        var (sum, term) = (1.0, 1.0)
        for n in 1..<30 {
            term *= x / Double(n)
            sum += term
        }
        return sum
    }
}
