import Basics
import Conversations
import Exchange

/// What is known of the direct ways to peers: where one leads nowhere, the next message doesn't wait for it.
///
/// Otherwise each message would wait out the head start of the direct way again. What is known of a way is forgotten as
/// soon as the peer is heard of, publishes again, or the network is another.
struct DirectWays {
    /// What a message is to do.
    enum Advice {
        /// Go straight there, and leave the mailbox time.
        case open
        /// Go straight there, and to the mailbox at the same time.
        case doubtful
        /// Go to the mailbox alone.
        case shut

        /// What it is counted as, where it is a rare one.
        var mark: Mark? {
            switch self {
            case .open: nil
            case .doubtful: .directWayDoubtful
            case .shut: .directWayShut
            }
        }
    }

    private struct Way {
        let peer: PeerID
        /// Where it leads. The end of validity of the record that says so tells this record from a later one.
        var contacts: [Contact] = []
        var validUntil = UnixTime(seconds: 0)
        /// Messages on this way that have not ended.
        var underWay = 0
        /// Whether one had no answer in its head start, and none has come since.
        var isSilent = false
        var heardAt: Instant?
        /// Times in a row that it was found to lead nowhere, and when last.
        var failures = 0
        var failedAt = Instant.origin
        var shutUntil = Instant.origin

        /// Returns whether it had led nowhere.
        mutating func hear(_ now: Instant) -> Bool {
            let hadFailed = isSilent || failures > 0
            heardAt = now
            isSilent = false
            failures = 0
            return hadFailed
        }
    }

    /// Messages that go a silent way at once: enough to see that it leads somewhere, few enough to hold up nothing.
    private static let onSilentWay = 8
    /// The same if the peer was heard of just now: its answers may well take longer than a head start.
    private static let onSilentWayOfLate = 24
    private static let late = Duration.seconds(30)

    /// The one longest unused first.
    private var ways: [Way] = []

    /// How a message is to go to the nodes that a record names, which is valid until then.
    mutating func advice(
        to peer: PeerID, at contacts: [Contact], _ validUntil: UnixTime?, now: Instant
    ) -> Advice {
        var way = take(peer)
        defer { put(way) }
        let validUntil = validUntil ?? way.validUntil
        if way.contacts != contacts || way.validUntil < validUntil {
            let underWay = way.underWay
            way = Way(peer: peer, contacts: contacts, validUntil: validUntil, underWay: underWay)
        }
        if way.failures > 0 {
            guard way.shutUntil <= now else { return .shut }
            // Others wait for the outcome of this one.
            way.shutUntil = now + DirectWays.pause(after: way.failures)
            return .doubtful
        }
        guard way.isSilent else { return .open }
        let isLate = way.heardAt.map { now - $0 < DirectWays.late } ?? false
        let most = isLate ? DirectWays.onSilentWayOfLate : DirectWays.onSilentWay
        return way.underWay < most ? .doubtful : .shut
    }

    /// A message goes straight to a peer.
    mutating func begin(to peer: PeerID) { change(peer) { $0.underWay += 1 } }

    /// It was given up before its outcome was known.
    mutating func abandon(to peer: PeerID) { change(peer) { $0.underWay -= 1 } }

    /// It had no answer in its head start.
    mutating func observeSilence(of peer: PeerID) { change(peer) { $0.isSilent = true } }

    /// What a sign of a peer says.
    enum Sign {
        /// Nothing new.
        case known
        /// The way had led nowhere, and the peer is there again.
        case returned
    }

    /// How it ended.
    mutating func observe(_ outcome: DeliveryOutcome, of peer: PeerID, now: Instant) -> Sign {
        var sign = Sign.known
        change(peer) { way in
            way.underWay -= 1
            guard outcome == .unreachable else {
                if way.hear(now) { sign = .returned }
                return
            }
            way.isSilent = true
            // Those that were under way together fail together.
            guard way.failures == 0 || now - way.failedAt >= Limits.shutWayTime else { return }
            way.failures += 1
            way.failedAt = now
            way.shutUntil = now + DirectWays.pause(after: way.failures)
        }
        return sign
    }

    /// The peer itself has come here just now.
    mutating func hear(of peer: PeerID, now: Instant) -> Sign {
        var sign = Sign.known
        change(peer) { if $0.hear(now) { sign = .returned } }
        return sign
    }

    /// The network is another: every way may lead somewhere.
    mutating func reopen() {
        for index in ways.indices {
            ways[index].failures = 0
            ways[index].isSilent = false
        }
    }

    private static func pause(after failures: Int) -> Duration {
        min(Limits.shutWayTime * (1 << min(max(failures - 1, 0), 16)), Limits.shutWayTimeLongest)
    }

    private mutating func take(_ peer: PeerID) -> Way {
        guard let index = ways.firstIndex(where: { $0.peer == peer }) else { return Way(peer: peer) }
        return ways.remove(at: index)
    }

    private mutating func put(_ way: Way) {
        if ways.count >= Limits.shutWays, let index = ways.firstIndex(where: { $0.underWay == 0 }) {
            ways.remove(at: index)
        }
        ways.append(way)
    }

    /// Changes what is known of a way; of one that is not remembered there is nothing to change.
    private mutating func change(_ peer: PeerID, _ body: (inout Way) -> Void) {
        guard let index = ways.firstIndex(where: { $0.peer == peer }) else { return }
        body(&ways[index])
    }
}

extension Turn {
    /// Advice, or in simulations now and then a worse one, which a message must always be able to take.
    func buggified(_ advice: DirectWays.Advice) -> DirectWays.Advice {
        if buggifies(.directWayShut) { return .shut }
        return advice == .open && buggifies(.directWayDoubtful) ? .doubtful : advice
    }
}
