import Basics
import Mailboxes
import Sessions
import Wire

/// What the node learns from an operation that is over. What the person's side learns has been said in events by then.
enum OperationResult {
    case nothing
    /// The closest nodes to a point, and why they were looked for.
    case found(Find.Role, Search)
    /// The newest record at a location, and the nodes that lack it.
    case record([UInt8], at: Location, lackedBy: [Contact], identity: IdentityID)
    /// The buddies of a mailbox, for the next collection of it.
    case collected(KnownBuddies.Finding, from: MailboxID)
    /// The buddies of a mailbox, for the next deposit in it.
    case deposited(KnownBuddies.Finding, in: MailboxID)
    /// What a round of repair with another node has come to.
    case repaired(RepairOutcome, with: Contact)
    /// What became of something that repair brought to a node; which envelope it was and to whom, where it was one.
    case brought(AttemptState, (item: ItemKey, to: Contact)?)
    /// What became of an envelope that was brought again to a node that had acknowledged it before.
    case broughtAgain((item: ItemKey, to: Contact), isKept: Bool)
    /// What a node answered that was asked whether it keeps an envelope; nil where it didn't.
    case audited(Audit, Response?)
    /// What became of an announcement or a renewal.
    case answered(SingleRequest)
    /// What third nodes said about whether a node is reached.
    case confirmed(ReachVerdict, ReachSubject, Contact, at: Endpoint)
}
