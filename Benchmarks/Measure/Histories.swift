import Basics
import Cryptography
import Exchange
import LMDBStore
import PeerCore
import Storage

/// What it costs to read conversations: those who write wait for it on the event loop.
enum Histories {
    private static let now = Now(monotonic: .origin, utc: Figures.now)
    /// Peers with whom there is a short conversation.
    private static let peers = 900
    private static let ofEach = 10

    /// One conversation of `messages`, and 900 of ten, on a disk of which all is in memory: processor time.
    static func measure(messages: Int) {
        Reading.withDisk { disk, _ in
            let profile = ProfileKey(seed: SecretKey(Bytes32(words: (1, 2, 3, 4))), suite: .cheap)
            var agent = PeerAgent(
                profile: profile, suite: .cheap, store: disk, seed: Bytes32(words: (4, 3, 2, 1)), now: now)
            var outbox = PeerOutbox()
            agent.start(now: now, into: &outbox)
            agent.handleDeadline(now: now, into: &outbox)
            commit(&agent, disk, &outbox)
            for number in 0..<messages {
                write(
                    "Message \(number), as long as many are, of some eighty characters or a few more.",
                    to: profile.peerID, &agent, &outbox)
                if number % 500 == 499 { commit(&agent, disk, &outbox) }
            }
            for number in 0..<peers * ofEach {
                let seed = Bytes32(words: (UInt64(number % peers) + 10, 7, 7, 7))
                let peer = ProfileKey(seed: SecretKey(seed), suite: .cheap).peerID
                write("Message \(number)", to: peer, &agent, &outbox)
                if number % 500 == 499 { commit(&agent, disk, &outbox) }
            }
            commit(&agent, disk, &outbox)
            report(agent, profile.peerID, messages)
        }
    }

    private static func write(
        _ text: String, to peer: PeerID, _ agent: inout PeerAgent, _ outbox: inout PeerOutbox
    ) {
        do throws(SendError) {
            _ = try agent.send(text, to: peer, key: nil, now: now, into: &outbox)
        } catch {
            fatalError("\(error)")
        }
    }

    private static func commit(_ agent: inout PeerAgent, _ disk: LMDBStore, _ outbox: inout PeerOutbox) {
        while agent.hasWrites {
            let (writes, through) = agent.takeWrites()
            agent.handleCommit(through: through, disk.writer.commit(writes), now: now, into: &outbox)
            outbox.removeAll()
        }
    }

    private static func report(_ agent: PeerAgent, _ peer: PeerID, _ messages: Int) {
        let last = HistoryFilter(peer: peer, limit: 50)
        guard let middle = agent.history(HistoryFilter(peer: peer, start: .after(.beginning), limit: 1), now: now).later
        else { return print("\(messages) messages are too few") }
        print("the last 50 of \(messages)".column(40), milliseconds(100) { _ = agent.history(last, now: now) })
        print(
            "50 from the beginning".column(40),
            milliseconds(100) {
                _ = agent.history(HistoryFilter(peer: peer, start: .after(middle), limit: 50), now: now)
            })
        print(
            "100 of \(peers + 1) conversations".column(40),
            milliseconds(20) { _ = agent.conversations(after: nil, limit: 100, now: now) })
        var (parts, longest) = (0, 0.0)
        var filter = HistoryFilter(peer: peer, search: "not there")
        let whole = nanosecondsEach(1) {
            var rest: InboxPosition?
            repeat {
                let time = nanosecondsEach(1) {
                    let part = agent.history(filter, now: now)
                    rest = part.earlier
                }
                if let rest { filter.start = .before(rest) }
                parts += 1
                longest = max(longest, time)
            } while rest != nil
        }
        print(
            "all searched".column(40), "\(format(whole)) in \(parts) parts, the longest \(format(longest))")
    }

    private static func milliseconds(_ count: Int, _ work: () -> Void) -> String {
        format(nanosecondsEach(count) { for _ in 0..<count { work() } })
    }

    private static func format(_ nanoseconds: Double) -> String {
        "\((nanoseconds / 10_000).rounded() / 100) ms"
    }
}
