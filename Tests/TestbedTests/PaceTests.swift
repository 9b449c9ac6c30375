import Simulation
import Testbed
import Testing

@Suite struct PaceTests {
    @Test func anHourTakesAMinuteUnlessToldOtherwise() {
        #expect(Pace.usual.moment(.seconds(3_600)) == .seconds(60))
        #expect(Pace.usual.span(.seconds(20)) == Pace.shortestSpan)
        #expect(Pace(1)?.moment(.seconds(90)) == .seconds(90))
    }

    @Test func nobodyGoesSlowerThanTimeOrInfinitelyFast() {
        #expect(Pace(0.5) == nil && Pace(.infinity) == nil && Pace(.nan) == nil && Pace(3_601) == nil)
    }

    /// Protocols' timers know no pace.
    @Test func healingIsNeverHurried() {
        var scenario = Scenario()
        scenario.healing = .seconds(600)
        #expect(Pace.usual.healing(scenario) == Pace.shortestHealing)
        scenario.healing = .seconds(4 * 3_600)
        #expect(Pace.usual.healing(scenario) == .seconds(240))
    }
}

@Suite struct TestbedNotesTests {
    @Test func whatWasNotAppliedIsNamedOnce() {
        var notes = TestbedNotes()
        var scenario = Scenario()
        scenario.faults = [
            Fault(at: .zero, .clockJump(share: 0.1, seconds: 5)), Fault(at: .zero, .clockJump(share: 0.1, seconds: 9)),
            Fault(at: .zero, .stop(share: 0.1)),
        ]
        scenario.liars = Liars(share: 0.1)
        notes.skip(of: scenario)
        notes.record("loss", by: "nftables")
        notes.record("loss", by: "nftables")
        #expect(notes.notApplied == ["clock jumps", "liars"] && notes.applied == ["loss by nftables"])
    }
}
