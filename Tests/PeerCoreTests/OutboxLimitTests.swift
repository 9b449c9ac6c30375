import Basics
import Cryptography
import PeerCore
import Storage
import Testing

/// What a person is told who has more under way than may be.
@Suite struct OutboxLimitTests {
    @Test func aFullOutboxSaysSoUntilSomethingEnds() throws {
        let now = Now(monotonic: .origin, utc: UnixTime(seconds: 1_767_225_600))
        let store = MemoryStore()
        let seed = Bytes32(words: (1, 2, 3, 4))
        var agent = PeerAgent(
            profile: ProfileKey(seed: SecretKey(seed), suite: .cheap), suite: .cheap, store: store, seed: seed, now: now
        )
        let friend = ProfileKey(seed: SecretKey(Bytes32(words: (5, 6, 7, 8))), suite: .cheap).peerID
        var outbox = PeerOutbox()
        func commit() {
            let (writes, through) = agent.takeWrites()
            store.commit(writes)
            agent.handleCommit(through: through, .committed, now: now, into: &outbox)
            outbox = PeerOutbox()
        }
        var first: MessageID?
        for number in 0..<Limits.outboxMessages {
            let id = try agent.send("\(number)", to: friend, key: nil, now: now, into: &outbox)
            first = first ?? id
            if number % 100 == 99 { commit() }
        }
        commit()
        let error = #expect(throws: SendError.outboxFull) {
            _ = try agent.send("One more.", to: friend, key: nil, now: now, into: &outbox)
        }
        #expect(error.map { "\($0)" }?.contains("wait, or cancel") == true)
        let outcome = agent.cancel(try #require(first), now: now, into: &outbox)
        #expect(outcome == .cancelled)
        _ = try agent.send("One more.", to: friend, key: nil, now: now, into: &outbox)
    }
}
