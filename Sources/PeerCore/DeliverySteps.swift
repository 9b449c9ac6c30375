import Basics
import Exchange

/// One step on a message's way, or of the person's records: for a log that shows why a message is still queued. It
/// contains no identities.
public struct DeliveryStep: Sendable {
    public enum Kind: Sendable {
        /// The recipient's record is looked for.
        case looksForRecord
        /// It was found, with so many nodes at which the recipient may be reached.
        case foundRecord(contacts: Int)
        /// None was found; whether any node answered.
        case foundNoRecord(answered: Bool)
        /// The envelope is brought straight to the recipient, by this command.
        case triesDirectly(CommandID)
        case triedDirectly(DeliveryOutcome)
        /// The envelope is brought to the mailbox's buddies, by this command.
        case deposits(CommandID)
        /// A quorum keeps it; more may.
        case reachedQuorum(Tally)
        case deposited(Tally, isCollected: Bool)
        /// The attempt is over; the next begins after so long. `reason` is nil where the message is safe where it is.
        case rests(Duration, reason: String?)
        /// A record of the person's own was brought to its keepers.
        case published(Tally)
        /// It was to be published, and waits for the clock.
        case publicationWaits
    }

    /// The number of the message or receipt in this outbox, in the order of acceptance: it means nothing elsewhere. Nil for what
    /// concerns no message.
    public let message: UInt64?
    public let kind: Kind
}

/// The latest steps, for a driver that wants them: without, none are kept.
public struct DeliverySteps: Sendable {
    /// Whether steps are kept.
    public var isWanted = false
    private var waiting: [DeliveryStep] = []

    /// Beyond, the newer are dropped: a driver takes them after every call.
    private static let maximum = 256

    /// Adds a step of the message or receipt with this number, or of none.
    mutating func add(_ kind: DeliveryStep.Kind, of message: UInt64?) {
        guard isWanted, waiting.count < DeliverySteps.maximum else { return }
        waiting.append(DeliveryStep(message: message, kind: kind))
    }

    /// The steps since the last call.
    public mutating func take() -> [DeliveryStep] {
        guard !waiting.isEmpty else { return [] }
        defer { waiting = [] }
        return waiting
    }
}
