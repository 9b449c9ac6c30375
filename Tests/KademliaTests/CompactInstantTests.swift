import Basics
import Kademlia
import Testing

struct CompactInstantTests {
    @Test func roundsDownAndSaturates() {
        #expect(CompactInstant(.origin + .milliseconds(12_399)).instant == .origin + .milliseconds(12_300))
        #expect(CompactInstant(.seconds(-1)) == .past)
        #expect(CompactInstant(.origin + .seconds(Int64.max)) == .future)
        #expect(CompactInstant(.origin + .seconds(429_496_000)) + .seconds(1_000) == .future)
        #expect(CompactInstant(.seconds(5)) + .milliseconds(399) == CompactInstant(.origin + .milliseconds(5_300)))
        #expect(CompactInstant.future.instant > .origin + .seconds(429_496_729))
    }
}
