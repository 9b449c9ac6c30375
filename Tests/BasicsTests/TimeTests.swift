import Basics
import Testing

@Suite struct TimeTests {
    @Test func measuresBetweenInstants() {
        let start = Instant(sinceOrigin: .seconds(5))
        let later = start + .milliseconds(1_500)
        #expect(later - start == .milliseconds(1_500))
        #expect(start.duration(to: later) == .milliseconds(1_500))
        #expect(later.duration(to: start) == .milliseconds(-1_500))
        #expect(start < later)
        #expect(Instant.origin < start)
    }

    @Test func countsDaysAndEpochsFrom1970() {
        // 2026-11-21 00:00 UTC.
        let midnight = UnixTime(seconds: 1_795_219_200)
        #expect(midnight.day.number == 20_778)
        #expect(midnight.day.start == midnight)
        #expect(midnight.advanced(bySeconds: -1).day.number == 20_777)
        #expect(midnight.epoch.number == 2_968)
        #expect(midnight.epoch.start.seconds == 2_968 * 7 * 86_400)
        #expect(midnight.epoch.start.advanced(bySeconds: -1).epoch.number == 2_967)
        #expect(midnight.epoch.advanced(by: -2).number == 2_966)
        #expect(midnight.day.advanced(by: 15).number == 20_793)
    }

    @Test func saturatesInsteadOfOverflowing() {
        let (least, most) = (UnixTime(seconds: .min), UnixTime(seconds: .max))
        #expect(most.advanced(bySeconds: 1) == most)
        #expect(most.advanced(bySeconds: .max) == most)
        #expect(least.advanced(bySeconds: -1) == least)
        #expect(least.advanced(bySeconds: .min) == least)
        #expect(most.advanced(bySeconds: -1).seconds == .max - 1)
        #expect(most.seconds(since: least) == .max)
        #expect(least.seconds(since: most) == .min)
        #expect(least.seconds(since: least) == 0)
        #expect(least.day.number == 0)
        #expect(most.day.number == .max)
        #expect(least.epoch.number == 0)
        #expect(most.epoch.number == .max)
        for count in [1, Int(UInt32.max), .max] {
            #expect(Day(number: .max).advanced(by: count).number == .max)
            #expect(Epoch(number: .max).advanced(by: count).number == .max)
            #expect(Day(number: 0).advanced(by: -count).number == 0)
            #expect(Epoch(number: 0).advanced(by: -count).number == 0)
        }
        #expect(Day(number: .max).advanced(by: .min).number == 0)
        #expect(Day(number: .max).start.day.number == .max)
        #expect(Epoch(number: .max).start.epoch.number == .max)
    }
}
