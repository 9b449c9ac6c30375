import Basics
import Kademlia
import Mailboxes
import Wire

/// What an operation wants next.
enum OperationStep {
    /// Send this request; report its outcome under this token.
    case ask(Contact, Request, RequestToken)
    /// Have the person's side prove that the mailbox is theirs in the session with this buddy, whose attempt has this index.
    case challenge(Contact, attempt: Int)
    /// Go on with a comparison, with what is kept in this scope now.
    case compare(ItemScope)
    /// Go on at other points of this region: its middle is crowded.
    case spread(Region)
    /// Keep this, which a node has given.
    case keep(RepairedThing, from: Contact)
    /// Nothing before an answer comes, or before this instant.
    case wait(until: Instant?)
    /// The same, but it would send a chunk now if it might.
    case held(until: Instant?)
    /// It is over; its final event has been written.
    case finished
}
