import Basics
import Conversations
import Storage

extension EndpointReaders {
    /// Whether something may go straight to a peer, who learns by that where this person's node is. Receipts answer whoever wrote,
    /// and so strangers, too.
    func allowStraight(_ entry: OutboxEntry, _ view: StoreView) -> Bool {
        switch self {
        case .everyone: true
        case .accepted: entry.kind == .message || view.conversation(with: entry.to).lastSent != nil
        case .nobody: false
        }
    }
}
