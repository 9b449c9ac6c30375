import Basics
import Cryptography
import Exchange
import Sessions

/// Ways to other people's nodes through NATs: both sides say hello at the same moment, so that each NAT lets in what the
/// other side sends (hole punching: RFC 5128, §3.3).
///
/// Both use one number, which nobody else knows, as nonce. So a hello that comes from an address that nobody has named, as behind a
/// NAT with another port for each destination, is known to be the other side's, and is answered by one to there. Who is told of the way
/// first says hello before the other side knows the number: so each goes on until it has heard the other's hello.
package struct Ways {
    private struct Way {
        let command: CommandID
        let key: PublicKey
        let nonce: UInt64
        /// Where a node in between has seen the other side when the way was begun.
        let attested: Endpoint
        var candidates: [Endpoint]
        /// The candidates to which a hello is to go now.
        var due: [Endpoint]
        let begunAt: Instant
        /// How often all candidates were told hello.
        var rounds = 1
        /// Where the other side has answered.
        var openAt: Endpoint?
        /// Whether the other side has said hello, and so knows where this one is.
        var isHeard = false
        /// When something has gone there last; nil where nothing has.
        var usedAt: Instant?
        var heardAt: Instant
        /// Hellos on the open way since the last answer.
        var unanswered = 0
        /// When it goes on by itself.
        var nextAt: Instant

        /// Whether hellos go on as at the beginning.
        var isBeginning: Bool { (openAt == nil || !isHeard) && rounds < Limits.wayHellos.count }

        /// When it goes on, after something at this time.
        func next(after now: Instant) -> Instant {
            isBeginning ? begunAt + Limits.wayHellos[rounds] : now + Limits.keepaliveInterval
        }

        /// A way that has taken a while to open leaves out the hellos of that time.
        mutating func skipRounds(until now: Instant) {
            while rounds < Limits.wayHellos.count, begunAt + Limits.wayHellos[rounds] <= now { rounds += 1 }
        }
    }

    /// What is to be done.
    package enum Step: Equatable {
        /// Say hello there.
        case hello(nonce: UInt64, Endpoint)
        /// The way is closed.
        case closed(CommandID)
    }

    private var ways: [Way] = []

    package init() {}

    // MARK: Beginning and end

    /// Begins to open a way; false where there is no room, or nowhere to say hello.
    package mutating func begin(
        _ command: CommandID, to key: PublicKey, at candidates: [Endpoint], attested: Endpoint, nonce: UInt64,
        now: Instant
    ) -> Bool {
        guard ways.count < Limits.ways, !candidates.isEmpty else { return false }
        let candidates = Array(candidates.prefix(Limits.wayCandidates))
        ways.append(
            Way(
                command: command, key: key, nonce: nonce, attested: attested, candidates: candidates, due: candidates,
                begunAt: now, heardAt: now, nextAt: now + Limits.wayHellos[1]))
        return true
    }

    /// Gives up a way without a word.
    package mutating func cancel(_ command: CommandID) { ways.removeAll { $0.command == command } }

    // MARK: What comes

    /// Somebody says hello with this nonce. Returns whether it is the other side of a way.
    package mutating func observeHello(_ nonce: UInt64, from endpoint: Endpoint, now: Instant) -> Bool {
        guard let index = ways.firstIndex(where: { $0.nonce == nonce }) else { return false }
        ways[index].isHeard = true
        if ways[index].openAt != nil {
            ways[index].heardAt = now
        } else if !ways[index].candidates.contains(endpoint), ways[index].candidates.count < Limits.wayCandidates {
            ways[index].candidates.append(endpoint)
            ways[index].due.append(endpoint)
        }
        return true
    }

    /// What the answer to a hello says.
    package enum Sign: Equatable {
        /// It answers no hello of a way.
        case none
        /// A way is as it was.
        case known
        /// A way is open from now on, or leads elsewhere than before.
        case opened(CommandID, Contact)
    }

    /// A hello is answered.
    package mutating func observe(_ answer: HelloAnswer, from endpoint: Endpoint, now: Instant) -> Sign {
        let index = ways.firstIndex { $0.nonce == answer.nonce && $0.key == answer.key }
        guard let index else { return .none }
        ways[index].heardAt = now
        // Within one household the way is the shorter one.
        let isNew = ways[index].openAt.map { endpoint.scope < $0.scope } ?? true
        guard isNew || ways[index].openAt == endpoint else { return .known }
        ways[index].openAt = endpoint
        ways[index].due = []
        ways[index].unanswered = 0
        ways[index].skipRounds(until: now)
        ways[index].nextAt = ways[index].next(after: now)
        guard isNew else { return .known }
        let key = ways[index].key
        return .opened(ways[index].command, Contact(id: key.nodeID, key: key, endpoint: endpoint))
    }

    /// The session with a node goes from one endpoint to another: so do the open ways that led there. Returns their commands.
    package mutating func observeMove(of key: PublicKey, from former: Endpoint, to endpoint: Endpoint) -> [CommandID] {
        let moved = ways.indices.filter { ways[$0].key == key && ways[$0].openAt == former }
        // What was unanswered went to where it led before.
        for index in moved { (ways[index].openAt, ways[index].unanswered) = (endpoint, 0) }
        return moved.map { ways[$0].command }
    }

    /// Something goes to a node straight: the way there is to stay open.
    package mutating func observeUse(of key: PublicKey, now: Instant) {
        for index in ways.indices where ways[index].key == key {
            ways[index].usedAt = now
            // Who hasn't used it so far has left it to the other side.
            ways[index].nextAt = min(ways[index].nextAt, now + Limits.keepaliveInterval)
        }
    }

    // MARK: Time

    /// What is to be done now; called until nil.
    package mutating func next(now: Instant) -> Step? {
        for index in ways.indices {
            if let endpoint = ways[index].due.popLast() { return .hello(nonce: ways[index].nonce, endpoint) }
            guard ways[index].nextAt <= now else { continue }
            if let endpoint = ways[index].openAt, ways[index].isBeginning {
                ways[index].rounds += 1
                ways[index].nextAt = ways[index].next(after: now)
                return .hello(nonce: ways[index].nonce, endpoint)
            } else if let endpoint = ways[index].openAt {
                guard keep(index, now: now) else { return .closed(ways.remove(at: index).command) }
                if ways[index].unanswered > 0 { return .hello(nonce: ways[index].nonce, endpoint) }
            } else {
                guard ways[index].rounds < Limits.wayHellos.count else {
                    return .closed(ways.remove(at: index).command)
                }
                ways[index].due = ways[index].candidates
                ways[index].rounds += 1
                let rounds = ways[index].rounds
                ways[index].nextAt =
                    rounds < Limits.wayHellos.count
                    ? ways[index].begunAt + Limits.wayHellos[rounds] : now + Limits.wayPatience
                return next(now: now)
            }
        }
        return nil
    }

    /// Goes on with an open way whose time has come; false where it is to be closed. Who uses it says hello; who doesn't waits for
    /// the other side's.
    private mutating func keep(_ index: Int, now: Instant) -> Bool {
        guard let usedAt = ways[index].usedAt else {
            ways[index].nextAt = ways[index].heardAt + Limits.waySilence
            return ways[index].nextAt > now
        }
        guard now - usedAt < Limits.wayIdleTime, ways[index].unanswered < Limits.wayRepetitions else { return false }
        ways[index].unanswered += 1
        ways[index].nextAt = now + Limits.wayRepetition
        return true
    }

    /// Whether a node in between has seen the other side of a way at an endpoint's address within the last minute: a NAT may have another
    /// port there for this node.
    package func isAttested(_ endpoint: Endpoint, nonce: UInt64, now: Instant) -> Bool {
        ways.contains {
            $0.nonce == nonce && $0.attested.with(port: endpoint.port) == endpoint
                && now - $0.begunAt < Limits.attestationTime
        }
    }

    /// When it wants to be asked; nil while there are no ways.
    package var nextDue: Instant? {
        ways.lazy.map { $0.due.isEmpty ? $0.nextAt : .origin }.min()
    }
}
