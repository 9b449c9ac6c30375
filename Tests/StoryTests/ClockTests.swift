import Basics
import Cryptography
import NodeCore
import PeerCore
import Station
import Storage
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
                let agent = try #require(person.agent)
                let id = try person.station.send("At \(time).", to: agent.id, now: now, into: &person.effects)
                person.commit(now)
                #expect(try person.agent?.acceptance(of: #require(id)) == .accepted)
            }
            #expect(
                person.agent?.inbox(InboxFilter(), now: ClockTests.now(ClockTests.sane, 1 << 20)).count == 2
                    * times.count)
        }
    }

    private static func now(_ utc: Int64, _ monotonic: Int64) -> Now {
        Now(monotonic: Instant(sinceOrigin: .seconds(monotonic)), utc: UnixTime(seconds: utc))
    }

    /// A node and its person, with nobody to talk to.
    private struct Party {
        let disk = MemoryStore()
        let station: Station
        var effects = Station.Effects()
        var agent: PeerAgent? { station.agent }

        init(now: Now) {
            let seed = Bytes32(words: (1, 2, 3, 4))
            station = Station(
                node: Node(
                    secret: SecretKey(seed), configuration: NodeConfiguration(network: "clock", families: .ipv4),
                    suite: .cheap, store: disk, seed: seed, now: now),
                agent: PeerAgent(
                    profile: ProfileKey(seed: SecretKey(seed), suite: .cheap), suite: .cheap, store: disk, seed: seed,
                    now: now))
            station.join(through: [], now: now, into: &effects)
            station.start(now: now, into: &effects)
            wake(now)
        }

        mutating func wake(_ now: Now) {
            for _ in 0..<50 {
                guard station.handleDeadline(now: now, into: &effects) else { return }
                commit(now)
            }
        }

        mutating func commit(_ now: Now) {
            while true {
                station.exchange(now: now, into: &effects)
                effects.node.datagrams.removeAll()
                let batches = station.takeWrites()
                if batches.isEmpty { return }
                for batch in batches {
                    disk.commit(batch.writes)
                    let report = CommitReport(owner: batch.owner, through: batch.through, result: .committed)
                    station.handleCommit(report, now: now, into: &effects)
                }
            }
        }
    }
}
