import Basics
import RoostService
import Testing

/// What is told of dropped datagrams: the change, not each.
@Suite struct DropWatchTests {
    private func instant(_ seconds: Int) -> Instant { Instant(sinceOrigin: .seconds(seconds)) }

    /// What a watch says in so many seconds, in each of which so many are dropped.
    private func changes(_ watch: inout DropWatch, from start: Int, _ perSecond: [Int]) -> [DropWatch.Change] {
        perSecond.enumerated().compactMap { watch.record($1, now: instant(start + $0)) }
    }

    @Test func manyAreToldOnceAndTheirEndOnce() {
        var watch = DropWatch()
        let quiet = changes(&watch, from: 0, Array(repeating: 1, count: 300))
        #expect(quiet.isEmpty)
        let flood = changes(&watch, from: 300, Array(repeating: 1_000, count: 300))
        #expect(flood == [.many])
        let less = changes(&watch, from: 600, Array(repeating: 20, count: 300))
        #expect(less.isEmpty, "neither many nor few")
        let after = changes(&watch, from: 900, Array(repeating: 0, count: 300))
        #expect(after == [.over])
        let again = changes(&watch, from: 1_200, [0, DropWatch.many])
        #expect(again == [.many])
    }

    @Test func whatIsSpreadOverMinutesIsNotMany() {
        var watch = DropWatch()
        let spread = changes(&watch, from: 0, Array(repeating: DropWatch.many / 61, count: 600))
        #expect(spread.isEmpty)
    }

    @Test func aLongSilenceIsTheEnd() {
        var watch = DropWatch()
        let flood = changes(&watch, from: 0, [DropWatch.many])
        #expect(flood == [.many])
        let still = watch.record(0, now: instant(3_600))
        #expect(still == nil, "that minute had many")
        let later = watch.record(0, now: instant(3_660))
        #expect(later == .over)
    }
}
