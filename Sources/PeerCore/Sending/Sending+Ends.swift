import Basics
import Conversations

/// What ends a message besides what brings it.
extension Sending {
    /// The person cancels a message.
    mutating func cancelMessage(_ id: MessageID, _ turn: inout Turn) -> CancelOutcome {
        guard let entry = turn.view.outboxEntry(id), entry.kind == .message else { return .unknown }
        turn.mark(entry.state.isUnderWay ? .messageCancelled : .cancelledTooLate)
        guard entry.state.isUnderWay else { return .tooLate(entry.state) }
        _ = conclude(id, as: .failed, reason: "You cancelled it.", &turn)
        return .cancelled
    }

    /// A peer says that messages of ours have arrived, or were read. True even when it is late.
    ///
    /// What goes straight is acknowledged by its answer. So where the mailbox was faster, that way leads nowhere, or not any more.
    mutating func receiptCame(
        _ ids: [MessageID], _ state: MessageState, by peer: PeerID, _ turn: inout Turn
    ) -> [SendingDirective] {
        var directives: [SendingDirective] = []
        for id in ids {
            guard let entry = turn.view.outboxEntry(id), entry.kind == .message, entry.to == peer, entry.epoch != nil,
                entry.state != .read, entry.state != state
            else { continue }
            if turn.errands.isUnderWay(.direct(id)) {
                turn.mark(.mailboxOvertakesDirectWay)
                directives = [.distrust(peer)]
            }
            _ = conclude(id, as: state, via: entry.via ?? .mailbox, &turn)
        }
        return directives
    }

    /// Tells the truth about what was not delivered in its time.
    mutating func expire(by time: UnixTime, _ turn: inout Turn) -> [SendingDirective] {
        var directives: [SendingDirective] = []
        for id in turn.view.activeMessageIDs() {
            guard let entry = entry(of: id), entry.expiresAt <= time else { continue }
            turn.mark(.messageExpired)
            directives += conclude(id, as: .failed, reason: entry.expiryReason, &turn)
        }
        return directives
    }
}
