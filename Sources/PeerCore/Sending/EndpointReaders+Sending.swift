import Basics
import Conversations
import Storage

extension EndpointReaders {
    /// Whether something may go straight to a peer, who learns by that where this person's node is. Receipts answer whoever wrote,
    /// and so strangers, too.
    func allowStraight(_ entry: OutboxEntry, from person: PeerID, _ view: StoreView) -> Bool {
        guard !view.isBlocked(entry.to) else { return false }
        return switch self {
        case .everyone: true
        case .accepted: entry.kind == .message || view.standing(of: entry.to, with: person) == .accepted
        case .nobody: false
        }
    }
}
