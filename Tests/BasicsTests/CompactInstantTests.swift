import Basics
import Testing

struct CompactInstantTests {
    @Test func roundsDownAndSaturates() {
        #expect(CompactInstant(.origin + .milliseconds(12_399)).instant == .origin + .milliseconds(12_300))
        #expect(CompactInstant(.seconds(-1)) == .past)
        #expect(CompactInstant(.origin + .seconds(Int64.max)) == .future)
        #expect(CompactInstant(.origin + .seconds(429_496_000)) + CompactDuration(.seconds(1_000)) == .future)
        #expect(
            CompactInstant(.seconds(5)) + CompactDuration(.milliseconds(399))
                == CompactInstant(.origin + .milliseconds(5_300)))
        #expect(CompactInstant.future.instant > .origin + .seconds(429_496_729))
    }

    @Test func doublesUpToALimit() {
        let (delay, limit) = (CompactDuration(.seconds(5)), CompactDuration(.seconds(180)))
        let expected = [5, 10, 20, 40, 80, 160, 180, 180].map { CompactDuration(.seconds($0)) }
        #expect((0..<8).map { delay.doubled($0, limit: limit) } == expected)
        #expect(delay.doubled(.max, limit: limit) == limit)
        #expect(CompactDuration(.seconds(Int64.max)).doubled(16, limit: limit) == limit)
    }

    @Test(arguments: seeds(3))
    func jitterIsAQuarterEitherWay(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let (origin, interval) = (CompactInstant.past, CompactDuration(.seconds(1_000)))
        let times = (0..<2_000).map { _ in (origin + interval.jittered(by: generator.next())).instant }
        #expect(times.allSatisfy { $0 >= .seconds(750) && $0 <= .seconds(1_250) }, "seed \(seed)")
        #expect(times.min()! < .seconds(760) && times.max()! > .seconds(1_240), "seed \(seed)")
    }
}
