import Basics
import Cryptography
import Exchange
import NodeCore
import PeerCore
import Testing

/// Clocks that are set to nonsense: nothing overflows, and who has a sane clock again goes on.
@Suite struct ClockTests {
    private static let sane: Int64 = 1_767_225_600

    /// 1970, 2106 (where 32 bits end), 2262 (where nanoseconds do), 9999, and the way from each to any other.
    @Test func theEndsOfTimeAreBorne() throws {
        let times: [Int64] = [0, 1, 86_399, 4_294_967_296, 9_223_372_037, Limits.latestTime, ClockTests.sane]
        for start in times {
            var person = Party(now: ClockTests.now(start, 0))
            for (step, time) in (times + times.reversed()).enumerated() {
                let now = ClockTests.now(time, Int64(step + 1) * 7_200)
                person.wake(now)
                let id = try person.agent.send(
                    "At \(time).", to: person.agent.id, key: nil, now: now, into: &person.peerOutbox)
                person.commit(now)
                #expect(person.agent.isAccepted(id))
            }
            #expect(
                person.agent.inbox(InboxFilter(), now: ClockTests.now(ClockTests.sane, 1 << 20)).count == 2
                    * times.count)
        }
    }

    private static func now(_ utc: Int64, _ monotonic: Int64) -> Now {
        Now(monotonic: Instant(sinceOrigin: .seconds(monotonic)), utc: UnixTime(seconds: utc))
    }

    /// A node and its person, with nobody to talk to.
    private struct Party {
        let store = MemoryStore()
        var node: Node
        var agent: PeerAgent
        var outbox = Outbox()
        var peerOutbox = PeerOutbox()

        init(now: Now) {
            let seed = Bytes32(words: (1, 2, 3, 4))
            node = Node(
                secret: SecretKey(seed), configuration: NodeConfiguration(network: "clock", families: .ipv4),
                suite: .cheap,
                store: store, seed: seed, now: now)
            agent = PeerAgent(
                profile: ProfileKey(seed: SecretKey(seed), suite: .cheap), suite: .cheap, store: store, seed: seed,
                now: now)
            node.start(bootstrap: [], now: now, into: &outbox)
            agent.start(now: now, into: &peerOutbox)
            wake(now)
        }

        mutating func wake(_ now: Now) {
            for _ in 0..<50 {
                node.handleDeadline(now: now, into: &outbox)
                agent.handleDeadline(now: now, into: &peerOutbox)
                let events = outbox.events
                outbox.events = []
                for event in events { agent.handle(event, now: now, into: &peerOutbox) }
                let commands = peerOutbox.commands
                peerOutbox.commands = []
                for (id, command) in commands { node.handle(command, id: id, now: now, into: &outbox) }
                outbox.datagrams.removeAll()
                commit(now)
                if outbox.events.isEmpty, peerOutbox.commands.isEmpty { return }
            }
        }

        mutating func commit(_ now: Now) {
            while node.hasWrites || agent.hasWrites {
                if node.hasWrites {
                    let (writes, through) = node.takeWrites()
                    store.commit(writes)
                    node.handleCommit(through: through, .committed, now: now, into: &outbox)
                }
                if agent.hasWrites {
                    let (writes, through) = agent.takeWrites()
                    store.commit(writes)
                    agent.handleCommit(through: through, .committed, now: now, into: &peerOutbox)
                }
            }
        }
    }
}
