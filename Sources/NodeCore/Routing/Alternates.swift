import Basics
import Kademlia

/// Second endpoints that nodes state of themselves, on their way into the routing table: each in the address family
/// over which this node doesn't speak to the node that states it.
///
/// A statement waits until its node is in the table and the bounds on dials let it through. If one proves wrong,
/// further statements of its node are ignored for a while, so that no node makes this one dial on and on.
package struct Alternates: Sendable {
    /// What one node states.
    package struct Statement: Sendable {
        package let node: NodeID
        let key: PublicKey
        /// The other endpoint at which it says it is.
        let endpoint: Endpoint
        /// The endpoint from which it says so.
        let source: Endpoint
        let expiresAt: Instant
        /// Whether it has shown that it is where it says so from.
        var isProven: Bool
    }

    package private(set) var waiting: [(statement: Statement, due: Instant)] = []
    private var refuted: [(node: NodeID, until: Instant)] = []
    /// When the next is to be looked at; nil where none waits.
    private(set) var nextDeadline: Instant?

    package init() {}

    /// Bytes of the room reserved.
    var memory: Int {
        waiting.capacity * MemoryLayout<(Statement, Instant)>.stride
            + refuted.capacity * MemoryLayout<(NodeID, Instant)>.stride
    }

    /// Takes in what a node states. One statement of a node waits at a time. Those of unproven handshakes, which anybody can send under
    /// keys of their own, take half of the room at most; the others are stated again by pings.
    package mutating func add(
        _ node: NodeID, _ key: PublicKey, at endpoint: Endpoint, from source: Endpoint, isProven: Bool, now: Instant
    ) {
        refuted.removeAll { $0.until <= now }
        if let index = waiting.firstIndex(where: { $0.statement.node == node }) {
            if isProven { waiting[index].statement.isProven = true }
            return
        }
        guard waiting.count < Limits.alternates, !refuted.contains(where: { $0.node == node }),
            isProven || waiting.count(where: { !$0.statement.isProven }) < Limits.alternates / 2
        else { return }
        let statement = Statement(
            node: node, key: key, endpoint: endpoint, source: source, expiresAt: now + Limits.alternateTime,
            isProven: isProven)
        postpone(statement, until: now)
    }

    /// The time between two looks at a dial under way.
    private static let pause = Duration.milliseconds(500)

    /// One that is to be looked at now; called until nil. It waits no longer, unless `observe` has it wait.
    mutating func next(among table: RoutingTable, now: Instant) -> Statement? {
        while let statement = removeDue(now: now) {
            guard let known = table.contact(statement.node) else {
                // It may still be on its way into the table.
                postpone(statement, until: now + Alternates.pause * 4)
                continue
            }
            if known.endpoint(in: statement.endpoint.family) != statement.endpoint { return statement }
        }
        return nil
    }

    private mutating func removeDue(now: Instant) -> Statement? {
        guard let nextDeadline, nextDeadline <= now else { return nil }
        guard let index = waiting.firstIndex(where: { $0.due <= now }) else { return nil }
        let statement = waiting.remove(at: index).statement
        // A burst, as after joining, leaves no room behind that is never filled again.
        if waiting.isEmpty { waiting = [] }
        self.nextDeadline = waiting.lazy.map(\.due).min()
        return statement
    }

    /// What is to be done about a statement after a look at what dials found.
    enum Outcome {
        case nothing
        case dial
        /// Its node has been reached there: it has both endpoints from now on.
        case adopted
    }

    /// Dials have found this at the other endpoint that a node states.
    mutating func observe(_ finding: DialFinding, of statement: Statement, now: Instant) -> Outcome {
        switch finding {
        case .answered(statement.key, _): return .adopted
        case .answered, .silent: refute(statement, now: now)
        case .underWay: postpone(statement, until: now + Alternates.pause)
        case .unknown:
            postpone(statement, until: now + Alternates.pause)
            return .dial
        }
        return .nothing
    }

    /// It is looked at again later, unless it has waited for too long.
    private mutating func postpone(_ statement: Statement, until due: Instant) {
        guard due < statement.expiresAt else { return }
        waiting.append((statement, due))
        nextDeadline = min(nextDeadline ?? due, due)
    }

    /// No node with that key answers there.
    private mutating func refute(_ statement: Statement, now: Instant) {
        if refuted.count >= Limits.alternates { refuted.removeFirst() }
        refuted.append((statement.node, now + Limits.alternateRetry))
    }
}
