import Basics
import Sessions
import Testing

@Suite struct ReplayWindowTests {
    @Test func acceptsEachCounterOnce() {
        var window = ReplayWindow()
        for counter: UInt32 in [0, 1, 5, 3, 64, 63, 1_000] {
            #expect(window.accepts(counter))
            window.record(counter)
            #expect(!window.accepts(counter))
        }
        #expect(window.accepts(2))
    }

    @Test func refusesWhatLiesBehindTheWindow() {
        var window = ReplayWindow()
        window.record(10_000)
        #expect(window.accepts(10_000 - ReplayWindow.size))
        #expect(!window.accepts(10_000 - ReplayWindow.size - 1))
        #expect(!window.accepts(0))
    }

    @Test func survivesTheLargestCounters() {
        var window = ReplayWindow()
        window.record(.max)
        #expect(!window.accepts(.max))
        #expect(window.accepts(.max - 1))
        #expect(!window.accepts(0))
    }

    /// Against a set of all counters seen: runs of small steps, steps back, and leaps around the ring's size.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func agreesWithASlowSet(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = ReplayWindow()
        var seen: Set<UInt32> = []
        var newest: UInt32 = 0
        for _ in 0..<4_000 {
            let leap: UInt32 =
                switch UInt32.random(in: 0..<100, using: &random) {
                case 0: .random(in: 0..<5_000, using: &random)
                case 1..<10: .random(in: 0..<200, using: &random)
                default: .random(in: 0..<4, using: &random)
                }
            let back = UInt32.random(in: 0..<2_200, using: &random)
            let isBack = UInt64.random(in: 0..<3, using: &random) == 0
            let counter = isBack ? newest - min(newest, back) : newest + leap
            let expected = !seen.contains(counter) && (counter >= newest || newest - counter <= ReplayWindow.size)
            #expect(window.accepts(counter) == expected, "seed \(seed), counter \(counter), newest \(newest)")
            guard expected else { continue }
            window.record(counter)
            seen.insert(counter)
            newest = max(newest, counter)
        }
    }
}
