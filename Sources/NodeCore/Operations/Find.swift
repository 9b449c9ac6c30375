import Basics
import Exchange
import Sessions

/// A lookup for its own sake: commanded, or to join and to refresh the routing table.
struct Find {
    /// Why the node looks.
    enum Role: Equatable {
        case command(CommandID)
        /// For the node's own ID, to learn its neighbourhood and be learnt by it (Kademlia, §2.3).
        case join
        /// For the own ID again, or a random point near it.
        case refresh
        /// For a random point of a bucket that heard nothing (Kademlia, §2.3), far from the own ID.
        case exploration
        /// For the buddies of a mailbox in which something will be deposited in a moment.
        case approach(MailboxID)
    }

    let role: Role
    let identity: IdentityID

    var command: CommandID? { if case .command(let id) = role { id } else { nil } }
    var kind: Activity.Operation {
        switch role {
        case .command, .approach: .lookup
        case .join: .join
        case .refresh, .exploration: .refresh
        }
    }

    /// The mailbox that is approached.
    var mailbox: MailboxID? { if case .approach(let mailbox) = role { mailbox } else { nil } }

    func next(search: Search?, now: Now, events: inout [NodeEvent]) -> OperationStep {
        guard let search, search.isFinished else { return .wait(until: nil) }
        if let command { events.append(.lookupFinished(command, search.report(now: now))) }
        return .finished
    }
}
