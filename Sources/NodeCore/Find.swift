import Basics
import Exchange
import Sessions
import Wire

/// A lookup for its own sake: commanded, or to join and to refresh the routing table.
struct Find: Process {
    /// Why the node looks.
    enum Role: Equatable {
        case command(CommandID)
        /// For the node's own ID, to learn its neighbourhood and be learnt by it (Kademlia, §2.3).
        case join
        /// For the own ID again, or a random point near it.
        case refresh
        /// For a random point of a bucket that heard nothing (Kademlia, §2.3), far from the own ID.
        case exploration
    }

    let role: Role
    let identity: IdentityID
    private(set) var search: Search
    private var reportedRounds = 0
    var searched: Search? { search }
    var operation: Activity.Operation {
        switch role {
        case .command: .lookup
        case .join: .join
        case .refresh, .exploration: .refresh
        }
    }

    init(role: Role, identity: IdentityID, search: Search) {
        self.role = role
        self.identity = identity
        self.search = search
    }

    /// A slow node more or less close by doesn't keep this one from its network.
    var hasJoined: Bool { isJoining && search.isUsable }
    var isJoining: Bool { role == .join }

    /// Somebody else through whom to find the network.
    mutating func add(_ seed: Contact) { search.add(seed) }

    var command: CommandID? { if case .command(let id) = role { id } else { nil } }

    mutating func next(now: Now, turns: inout TransferTurns, events: inout [NodeEvent]) -> ProcessStep {
        if let command, search.lookup.rounds > reportedRounds {
            reportedRounds = search.lookup.rounds
            events.append(.lookupRound(command, search.report(now: now)))
        }
        if let step = search.next(now: now) { return step }
        guard search.isFinished else { return .wait(until: nil) }
        if let command { events.append(.lookupFinished(command, search.report(now: now))) }
        return .finished
    }

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        search.observe(response, body: body, from: context)
    }

    mutating func observeDelay(of token: RequestToken, now: Now) {
        if case .search(let node) = token { search.observeDelay(of: node) }
    }

    mutating func observeFailure(of token: RequestToken, now: Now) {
        if case .search(let node) = token { search.observeFailure(of: node) }
    }
}
