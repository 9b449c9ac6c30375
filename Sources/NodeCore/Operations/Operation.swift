import Basics
import Exchange
import Mailboxes
import Sessions
import Wire

/// Something a node does over several requests: a lookup, a deposit, reading a mailbox.
///
/// Each case is a state machine without I/O: `next` says what it wants, the node does that and reports the outcome. The
/// mutating functions take the machine out of `self` and put it back, so that nothing in it is copied.
enum Operation {
    case find(Find)
    case recordFetch(RecordFetch)
    case upload(Upload)
    case collection(Collection)
    case discard(Discard)
    case confirmation(Confirmation)
    case repair(RepairRound)
    case single(SingleRequest)
    case offering(Offering)

    /// The command that this answers, or nil for the node's own upkeep.
    var command: CommandID? {
        switch self {
        case .find(let find): find.command
        case .recordFetch(let fetch): fetch.command
        case .upload(let upload): upload.goal.command
        case .collection(let collection): collection.command
        case .discard(let discard): discard.command
        case .offering(let offering): offering.command
        case .confirmation, .repair, .single: nil
        }
    }

    /// Under which of our static keys its requests travel.
    var identity: IdentityID {
        switch self {
        case .find(let find): find.identity
        case .recordFetch(let fetch): fetch.identity
        case .upload(let upload): upload.identity
        case .collection(let collection): collection.identity
        case .discard(let discard): discard.identity
        case .single(let single): single.identity
        case .offering(let offering): offering.identity
        case .confirmation, .repair: .node
        }
    }

    /// As what it is counted.
    var kind: Activity.Operation {
        switch self {
        case .find(let find): find.kind
        case .recordFetch: .recordFetch
        case .upload(let upload): upload.kind
        case .collection: .collection
        case .discard: .discard
        case .confirmation: .confirmation
        case .repair: .repair
        case .single(let single): single.kind
        case .offering: .offering
        }
    }

    /// The outcome at each node that was asked to keep, give or discard something: for reports.
    var attempts: [AttemptState] {
        switch self {
        case .recordFetch(let fetch): fetch.attemptStates
        case .upload(let upload): upload.attemptStates
        case .discard(let discard): discard.attemptStates
        case .find, .collection, .confirmation, .repair, .single, .offering: []
        }
    }

    /// Marks reached since it began.
    var marks: MarkSet {
        switch self {
        case .recordFetch(let fetch): fetch.marks
        case .upload(let upload): upload.marks
        case .collection(let collection): collection.marks
        case .confirmation(let confirmation): confirmation.marks
        case .repair(let round): round.marks
        case .find, .discard, .single, .offering: MarkSet()
        }
    }

    /// The bytes that the ranges in its requests refer to.
    var payload: [UInt8] {
        switch self {
        case .upload(let upload): upload.payload
        case .discard(let discard): discard.payload
        case .repair(let round): round.payload
        case .single(let single): single.payload
        case .offering(let offering): offering.payload
        case .find, .recordFetch, .collection, .confirmation: []
        }
    }

    /// How long to wait for the answer to a request, where a transfer has measured that.
    func timeout(of token: RequestToken) -> Duration? {
        switch self {
        case .recordFetch(let fetch): fetch.timeout(of: token)
        case .upload(let upload): upload.timeout(of: token)
        case .collection(let collection): collection.timeout(of: token)
        case .repair(let round): round.timeout(of: token)
        case .find, .discard, .confirmation, .single, .offering: nil
        }
    }

    // MARK: Steps

    /// Nodes that the search has found by now: those that are new are asked as well.
    mutating func addClosest(of search: Search) {
        switch consume self {
        case .recordFetch(var fetch):
            fetch.addClosest(of: search)
            self = .recordFetch(fetch)
        case .upload(var upload):
            upload.addClosest(of: search)
            self = .upload(upload)
        case .collection(var collection):
            collection.addClosest(of: search)
            self = .collection(collection)
        case .discard(var discard):
            discard.addClosest(of: search)
            self = .discard(discard)
        case .offering(var offering):
            offering.addClosest(of: search)
            self = .offering(offering)
        case let other: self = other
        }
    }

    /// What to do now. Called again until it says `.wait`, `.held` or `.finished`. `search` is the one that it began with,
    /// if any; `turns` say whether a chunk may be sent now, and to which node.
    mutating func next(
        search: Search?, now: Now, turns: inout TransferTurns, events: inout [NodeEvent]
    ) -> OperationStep {
        switch consume self {
        case .find(let find):
            defer { self = .find(find) }
            return find.next(search: search, now: now, events: &events)
        case .recordFetch(var fetch):
            defer { self = .recordFetch(fetch) }
            return fetch.next(search: search, now: now, events: &events)
        case .upload(var upload):
            defer { self = .upload(upload) }
            return upload.next(search: search, now: now, turns: &turns, events: &events)
        case .collection(var collection):
            defer { self = .collection(collection) }
            return collection.next(search: search, events: &events)
        case .discard(var discard):
            defer { self = .discard(discard) }
            return discard.next(search: search, events: &events)
        case .confirmation(var confirmation):
            defer { self = .confirmation(confirmation) }
            return confirmation.next(now: now)
        case .repair(var round):
            defer { self = .repair(round) }
            return round.next(now: now.monotonic)
        case .single(var single):
            defer { self = .single(single) }
            return single.next()
        case .offering(var offering):
            defer { self = .offering(offering) }
            return offering.next(search: search, events: &events)
        }
    }

    /// The answer to a request.
    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        switch consume self {
        case .recordFetch(var fetch):
            fetch.observe(response, body: body, to: token, from: context)
            self = .recordFetch(fetch)
        case .upload(var upload):
            upload.observe(response, to: token, from: context)
            self = .upload(upload)
        case .collection(var collection):
            collection.observe(response, body: body, to: token, from: context)
            self = .collection(collection)
        case .discard(var discard):
            discard.observe(response, to: token)
            self = .discard(discard)
        case .confirmation(var confirmation):
            confirmation.observe(response, to: token, from: context)
            self = .confirmation(confirmation)
        case .repair(var round):
            round.observe(response, body: body, to: token, from: context)
            self = .repair(round)
        case .single(var single):
            single.observe(response, body: body, to: token)
            self = .single(single)
        case .offering(var offering):
            offering.observe(response, body: body, to: token)
            self = .offering(offering)
        case let other: self = other
        }
    }

    /// A request without an answer.
    mutating func observe(_ silence: Silence, of token: RequestToken) {
        switch consume self {
        case .recordFetch(var fetch):
            fetch.observe(silence, of: token)
            self = .recordFetch(fetch)
        case .upload(var upload):
            upload.observe(silence, of: token)
            self = .upload(upload)
        case .collection(var collection):
            collection.observe(silence, of: token)
            self = .collection(collection)
        case .discard(var discard):
            discard.observe(silence, of: token)
            self = .discard(discard)
        case .confirmation(var confirmation):
            confirmation.observe(silence, of: token)
            self = .confirmation(confirmation)
        case .repair(var round):
            round.observe(silence, of: token)
            self = .repair(round)
        case .single(var single):
            single.observe(silence, of: token)
            self = .single(single)
        case .offering(var offering):
            offering.observe(silence, of: token)
            self = .offering(offering)
        case let other: self = other
        }
    }

    // MARK: Only some

    /// Changes the upload that this is; does nothing where it is something else.
    mutating func changeUpload(_ change: (inout Upload) -> Void) {
        switch consume self {
        case .upload(var upload):
            change(&upload)
            self = .upload(upload)
        case let other: self = other
        }
    }

    /// Changes the collection that this is; nil where it is something else.
    mutating func changeCollection<Result>(_ change: (inout Collection) -> Result) -> Result? {
        switch consume self {
        case .collection(var collection):
            let result = change(&collection)
            self = .collection(collection)
            return result
        case let other:
            self = other
            return nil
        }
    }

    /// Goes on with the comparison of the round that this is; does nothing where it is something else.
    mutating func compare(_ items: KeptItems, now: Instant) {
        switch consume self {
        case .repair(var round):
            round.compare(items, now: now)
            self = .repair(round)
        case let other: self = other
        }
    }

    // MARK: The end

    /// The result, after an end for this reason.
    func result(_ reason: Activity.OperationOutcome, search: Search?) -> OperationResult {
        switch (self, reason) {
        case (.find(let find), .finished):
            if let mailbox = find.mailbox {
                buddies(found: search).map { .deposited(.found($0), in: mailbox) } ?? .nothing
            } else {
                search.map { .found(find.role, $0) } ?? .nothing
            }
        case (.recordFetch(let fetch), .finished): fetch.result
        case (.repair(let round), _): .repaired(round.result, with: round.partner)
        case (.single(let single), _):
            if case .audit(let audit) = single.goal { .audited(audit, single.response) } else { .answered(single) }
        case (.upload(let upload), _) where upload.isRepair: upload.broughtResult
        case (.discard(let discard), _) where discard.command == nil:
            .brought(discard.attemptStates.first ?? .failed, nil)
        case (.upload(let upload), .finished):
            upload.finding(hasSearched: search != nil).map { .deposited($0, in: upload.location) } ?? .nothing
        case (.collection(let collection), .finished):
            collection.finding(hasSearched: search != nil).map { .collected($0, from: collection.mailbox) } ?? .nothing
        case (.collection(let collection), .gaveUp): .collected(.lost, from: collection.mailbox)
        case (.confirmation(let confirmation), .finished), (.confirmation(let confirmation), .gaveUp):
            .confirmed(
                confirmation.verdict ?? .undecided, confirmation.role, confirmation.subject, at: confirmation.endpoint)
        case (.find, _), (.recordFetch, _), (.upload, _), (.collection, _), (.discard, _), (.confirmation, _),
            (.offering, _):
            .nothing
        }
    }

    /// What the next deposit may begin with: nothing where others crowd around the mailbox, and it takes another search.
    private func buddies(found search: Search?) -> [Contact]? {
        guard let search, search.crowdedRegion == nil, !search.closest.isEmpty else { return nil }
        return search.closest
    }
}
