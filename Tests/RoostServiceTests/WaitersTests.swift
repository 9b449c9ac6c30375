import NIOCore
import RoostService
import Testing

/// What a caller that waits is told, where news comes before, between and after.
@Suite(.timeLimit(.minutes(1))) struct WaitersTests {
    private actor Desk {
        var waiters = Waiters()

        func change<Result: Sendable>(_ body: @Sendable (inout Waiters) -> Result) -> Result { body(&waiters) }

        func wait(at place: Waiters.Place) async -> Waiters.Wake {
            await withCheckedContinuation { waiters.wait(at: place, $0, nil) }
        }
    }

    private let desk = Desk()

    @Test func newsThatComesBeforeTheCallerWaitsIsKept() async {
        let place = await desk.change { waiters in
            let place = waiters.enter(for: .readiness)
            waiters.wake(.farewell, .failed(reason: "This is another's."))
            waiters.wake(.readiness, .news)
            return place
        }
        guard case .news = await desk.wait(at: place) else {
            Issue.record("It was told something else.")
            return
        }
    }

    /// A failed commit takes back what a caller of `durably` waits for, even where an earlier one ended well.
    @Test func aFailureIsNotHiddenByOtherNews() async {
        let place = await desk.change { waiters in
            let place = waiters.enter(for: .writes)
            waiters.wake(.writes, .news)
            waiters.wake(.writes, .failed(reason: "The disk is full."))
            waiters.wake(.writes, .news)
            return place
        }
        guard case .failed("The disk is full.") = await desk.wait(at: place) else {
            Issue.record("It was told something else.")
            return
        }
    }

    @Test func whoHasLeftOrWasWokenHasNoPlace() async {
        let (left, woken) = await desk.change { waiters in
            let places = (waiters.enter(for: .failure), waiters.enter(for: .failure))
            waiters.leave(places.0)
            waiters.wakeAll(.stopped)
            return places
        }
        guard case .stopped = await desk.wait(at: woken) else {
            Issue.record("It was told something else.")
            return
        }
        for place in [left, woken] {
            guard case .news = await desk.wait(at: place) else {
                Issue.record("It would wait for ever.")
                return
            }
        }
    }
}
