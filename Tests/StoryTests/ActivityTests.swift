import Basics
import Exchange
import NodeCore
import Testing

/// What nodes count for whoever watches.
@Suite struct ActivityTests {
    @Test func everyEventHasAPlaceOfItsOwn() {
        #expect(Activity.events.map { Activity.place(of: $0) } == Array(Activity.events.indices))
    }

    /// Every request is counted when it is over. This one's lookup was cancelled, and then its session was lost.
    @Test func aRequestThatNobodyWaitsForIsCountedWhenItsSessionIsLost() {
        var stage = Stage(servers: 1, seed: 71)
        let lookup = NodeCommand.lookup(target: Bytes32(words: (1, 2, 3, 4)))
        stage.handle(lookup, id: CommandID(number: 1))
        stage.run(for: .seconds(5))
        let before = stage.count(of: .asked(.findNode, .abandoned))
        // It goes over the session that the first has opened, and that the other side forgets now.
        stage.restart(0)
        stage.handle(lookup, id: CommandID(number: 2))
        stage.handle(.cancel(CommandID(number: 2)), id: CommandID(number: 3))
        stage.run(for: .seconds(60))
        #expect(stage.count(of: .asked(.findNode, .abandoned)) == before + 1)
    }
}
