import Basics
import Exchange
import Sessions
import Wire

/// Envelopes that senders brought straight to this node and that its person has not answered yet.
struct Deliveries: Sendable {
    /// One that waits for the person's side to make it durable.
    struct Waiting: Sendable {
        let id: DeliveryID
        let envelope: EnvelopeID
        /// Who brought it.
        let account: Account
        let carrier: ReplyCarrier
        let header: RPCHeader
    }

    /// Waiting at once: the person's side answers within a commit.
    private static let limit = 64
    /// Accepted ones remembered, so that a repeated last chunk gets the same answer.
    private static let memory = 64

    private var waiting: [Waiting] = []
    private var accepted: [EnvelopeID] = []
    private var lastID: UInt64 = 0

    /// What is known of an envelope that a chunk belongs to.
    enum Standing {
        case new
        /// Its answer is on its way: say nothing.
        case waiting
        case accepted
    }

    func standing(of envelope: EnvelopeID) -> Standing {
        if waiting.contains(where: { $0.envelope == envelope }) { return .waiting }
        return accepted.contains(envelope) ? .accepted : .new
    }

    /// Records one that now waits; nil where too many do.
    mutating func insert(
        _ envelope: EnvelopeID, from account: Account, carrier: ReplyCarrier, header: RPCHeader
    ) -> DeliveryID? {
        guard waiting.count < Deliveries.limit else { return nil }
        lastID += 1
        waiting.append(
            Waiting(
                id: DeliveryID(number: lastID), envelope: envelope, account: account, carrier: carrier, header: header))
        return DeliveryID(number: lastID)
    }

    /// Removes the one that the person has answered.
    mutating func resolve(_ id: DeliveryID, _ answer: DeliveryAnswer) -> Waiting? {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        let delivery = waiting.remove(at: index)
        if answer == .accepted {
            if accepted.count >= Deliveries.memory { accepted.removeFirst() }
            accepted.append(delivery.envelope)
        }
        return delivery
    }
}
