import Basics
import Mailboxes
import Sessions
import Wire

/// One request to one node, repeated until it is answered.
struct SingleRequest {
    enum Goal {
        /// Telling a client what has come into its mailbox; the bytes are the entries.
        case announcement([UInt8])
        /// Telling a client that what it has brought is collected; the bytes are the tombstones.
        case collected([UInt8])
        /// Asking a buddy to go on announcing what comes into a mailbox of the person's; and nothing after so many seconds, if any.
        case renewal(silence: UInt32)
        /// Asking a node whether it keeps an envelope.
        case audit(Audit)
        /// Passing an offer on to a client.
        case passage(Passage)
    }

    let goal: Goal
    var isPassage: Bool { if case .passage = goal { true } else { false } }
    let mailbox: MailboxID
    let node: Contact
    let identity: IdentityID
    /// What the node answered; nil where it didn't.
    private(set) var response: Response?
    /// What a client has answered to an offer.
    private(set) var answer: [UInt8]?
    private var isAsked = false
    private var isOver = false

    init(_ audit: Audit, to node: Contact) {
        self.init(.audit(audit), of: audit.mailbox, to: node, as: .node)
    }

    init(_ goal: Goal, of mailbox: MailboxID, to node: Contact, as identity: IdentityID) {
        self.goal = goal
        self.mailbox = mailbox
        self.node = node
        self.identity = identity
    }

    var kind: Activity.Operation {
        switch goal {
        case .announcement, .collected: .announcement
        case .renewal: .renewal
        case .audit: .audit
        case .passage: .passage
        }
    }

    /// The bytes that the ranges in the request refer to.
    var payload: [UInt8] {
        switch goal {
        case .announcement(let entries): entries
        case .collected(let tombstones): tombstones
        case .passage(let passage): passage.offer
        case .renewal, .audit: []
        }
    }

    mutating func next() -> OperationStep {
        guard isAsked else {
            isAsked = true
            return .ask(node, request, .question(question, attempt: 0))
        }
        return isOver ? .finished : .wait(until: nil)
    }

    /// Whether a buddy hasn't answered that was asked to go on announcing. It may be gone, or the network may be.
    var isSilentRenewal: Bool { if case .renewal = goal { response == nil } else { false } }

    private var request: Request {
        switch goal {
        case .announcement(let entries): .announce(mailbox, entries: ByteRange(offset: 0, count: entries.count))
        case .collected(let tombstones):
            .announceCollected(mailbox, tombstones: ByteRange(offset: 0, count: tombstones.count))
        case .renewal(let silence): .subscribe(mailbox, seconds: Limits.subscriptionSeconds, silence: silence)
        case .audit(let audit): audit.request
        case .passage(let passage):
            .punch(mailbox, offer: ByteRange(offset: 0, count: passage.offer.count), asker: passage.endpoint)
        }
    }

    private var question: RequestToken.Question {
        switch goal {
        case .announcement, .collected: .announcement
        case .renewal: .subscription
        case .audit: .keeping
        case .passage: .passage
        }
    }

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken) {
        guard case .question = token, !isOver else { return }
        self.response = response
        if case .passed(let bytes, _) = response { answer = bytes.copy(of: body) }
        isOver = true
    }

    mutating func observe(_ silence: Silence, of token: RequestToken) {
        if case .question = token, silence == .final { isOver = true }
    }
}
