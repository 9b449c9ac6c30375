import Simulation
import Testbed
import Testing

@Suite struct PaceTests {
    @Test func anHourTakesAMinuteUnlessToldOtherwise() {
        #expect(Pace.usual.moment(.seconds(3_600)) == .seconds(60))
        #expect(Pace.usual.span(.seconds(20)) == Pace.shortestSpan)
        #expect(Pace(1)?.moment(.seconds(90)) == .seconds(90))
        #expect(Pace(0.5) == nil && Pace(.infinity) == nil && Pace(.nan) == nil)
    }
}
