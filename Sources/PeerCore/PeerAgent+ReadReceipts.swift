import Basics
import Conversations
import Storage

/// Whether people hear that their messages were read.
extension PeerAgent {
    /// Whether this person lets others know what they have read, as it is on disk; and so sees what others have read of theirs.
    public var tellsOfReading: Bool { turn.view.durable.tellsOfReading }

    /// Has others know, or not, what is read from now on: for good once `lastWrite` is durable. What is owed and what is under way says
    /// then no more than that messages have arrived. What has left already stays said.
    public mutating func setTellsOfReading(_ isOn: Bool, now: Now, into outbox: inout PeerOutbox) {
        during(now, &outbox) { agent in
            guard agent.turn.view.tellsOfReading != isOn else { return }
            agent.turn.view.putTellsOfReading(isOn)
            if !isOn { agent.withdrawReadReceipts() }
            agent.startReady()
        }
    }

    private mutating func withdrawReadReceipts() {
        for peer in turn.view.peersOwedReceipts() { turn.view.withdrawReadReceipts(to: peer) }
        for (peer, batch) in receipts.underWay {
            guard case .receipt(let delivered, let read)? = turn.view.outboxContent(batch)?.body, !read.isEmpty else {
                continue
            }
            for message in delivered + read { turn.view.putOwedReceipt(.delivered, to: peer, for: message) }
            carry(sending.conclude(batch, as: .failed, &turn))
        }
    }
}
