import NodeCore
import Testing

/// What nodes count for whoever watches.
@Suite struct ActivityTests {
    @Test func everyEventHasAPlaceOfItsOwn() {
        #expect(Activity.events.map { Activity.place(of: $0) } == Array(Activity.events.indices))
    }
}
