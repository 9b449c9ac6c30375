import Basics
import Sessions

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
    /// What third nodes said about whether a node is reached.
    case confirmed(Confirmation.Verdict, Confirmation.Role, Contact, at: Endpoint)
}

extension Operation {
    /// The result, after an end for this reason.
    func result(_ reason: Activity.OperationOutcome, search: Search?) -> OperationResult {
        switch (self, reason) {
        case (.find(let find), .finished): search.map { .found(find.role, $0) } ?? .nothing
        case (.recordFetch(let fetch), .finished): fetch.result
        case (.upload(let upload), .finished):
            upload.finding(hasSearched: search != nil).map { .deposited($0, in: upload.location) } ?? .nothing
        case (.collection(let collection), .finished):
            collection.finding(hasSearched: search != nil).map { .collected($0, from: collection.mailbox) } ?? .nothing
        case (.collection(let collection), .gaveUp): .collected(.lost, from: collection.mailbox)
        case (.confirmation(let confirmation), .finished), (.confirmation(let confirmation), .gaveUp):
            .confirmed(
                confirmation.verdict ?? .undecided, confirmation.role, confirmation.subject, at: confirmation.endpoint)
        case (.find, _), (.recordFetch, _), (.upload, _), (.collection, _), (.discard, _), (.confirmation, _): .nothing
        }
    }
}
