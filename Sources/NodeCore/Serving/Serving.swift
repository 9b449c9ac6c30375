import Basics
import Cryptography
import Exchange
import Mailboxes
import Sessions
import Storage
import Wire

/// What this node does for others' mail: it keeps mailboxes and records, and takes in what is brought straight to its person.
///
/// It is handed a request and returns what the answer is. Everything that others ask is idempotent: requests are repeated,
/// reordered and replayed.
struct Serving {
    private var buddy: Buddy
    private var work = WorkBudget()
    private var deliveries = Deliveries()
    /// Mailboxes to which something may be brought straight here.
    private var accepted: [MailboxID] = []

    init(suite: CipherSuite, own: NodeID, store: StoreView, now: Now) {
        buddy = Buddy(suite: suite, own: own, store: store, now: now)
    }

    // MARK: Others' requests

    /// Whether the work that a request makes is paid for. A request in a handshake may be a replay from anywhere: no
    /// account is charged for it, and nothing that costs is done.
    mutating func isPaid(
        _ request: Request, _ body: RawSpan, over carrier: ReplyCarrier, from endpoint: Endpoint, _ turn: borrowing Turn
    ) -> Bool {
        guard case .transport = carrier else { return true }
        let cost = WorkBudget.cost(of: request, body)
        if cost > 0, turn.buggifies(.workRefused) { return false }
        return work.pays(cost, by: .block(of: endpoint), at: turn.now.monotonic)
    }

    /// Counts the marks reached since the last call.
    mutating func drainMarks(into marks: inout Marks) { buddy.drainMarks(into: &marks) }

    /// Serves a request about mail; nil where it is about something else. `responsibility`: the locations that this
    /// node keeps things for.
    mutating func serve(
        _ query: ServingQuery, _ body: RawSpan, responsibility: () -> Responsibility, store: inout StoreView,
        _ turn: inout Turn
    ) -> ServingAnswer? {
        let now = turn.now
        if turn.buggifies(.uploadEvicted) { buddy.evictUpload() }
        switch query.request {
        case .getRecord(let location, let chunk):
            return readRecord(location, chunk: chunk, query.header, store: store, &turn)
        case .fetch(let mailbox, let envelope, let chunk):
            let isRepair = mayRepair(mailbox, query, depth: { responsibility().depth })
            return readEnvelope(
                envelope, in: mailbox, chunk: chunk, query, isRepair: isRepair, store: store, &turn)
        case .list(let mailbox, let after):
            return list(mailbox, after: after, query, store: store, &turn)
        case .deposit(let chunk):
            let isRepair = mayRepair(chunk.location, query, depth: { responsibility().depth })
            let outcome = buddy.deposit(
                chunk, body, from: query.source,
                isResponsible: responsibility().covers(chunk.location, over: query.family), isRepair: isRepair,
                now: now, store: &store)
            return answer(to: outcome, &turn)
        case .putRecord(let chunk):
            let outcome = buddy.putRecord(
                chunk, body, from: query.source,
                isResponsible: responsibility().covers(chunk.location, over: query.family), now: now, store: &store)
            return answer(to: outcome, &turn)
        case .authorize(let mailbox, let key, let signature):
            guard query.source.isProven, let binding = query.binding,
                buddy.authorize(mailbox, key: key, signature, channelBinding: binding, source: query.source)
            else {
                turn.mark(.authorizationRefused)
                return .response(.refused(.unauthorized, retryAfterSeconds: 0))
            }
            return .response(.granted)
        case .discard(let mailbox, let key, let tombstones):
            // An unproven requester repeats it over the session that this handshake makes, and has proved its address
            // by that.
            guard query.source.isProven else {
                turn.mark(.discardWaitsForProof)
                return .nothing
            }
            let outcome = buddy.discard(
                mailbox, key: key, TombstoneReader.all(of: tombstones, in: body), from: query.source,
                isResponsible: responsibility().covers(mailbox, over: .both), now: now, store: &store)
            return ServingAnswer(to: outcome)
        case .reconcile(let request):
            return compare(request, body, query, depth: responsibility().depth, store: store, &turn)
        case .has(let mailbox, let envelope, let nonce):
            return audit(envelope, in: mailbox, nonce: nonce, query, store: store, &turn)
        case .deliver(let chunk): return deliver(chunk, body, from: query.source, &turn)
        case .ping, .findNode, .confirm, .subscribe, .announce, .announceCollected, .punch: return nil
        }
    }

    private mutating func readRecord(
        _ location: Location, chunk: Int, _ header: RPCHeader, store: StoreView, _ turn: inout Turn
    ) -> ServingAnswer {
        turn.scratch.body.reset()
        let now = turn.now
        let isFound = buddy.recordChunk(at: location, index: chunk, now: now, store: store) { part, bytes in
            Response.chunk(part).encode(answering: header, payload: bytes, into: &turn.scratch.body)
        }
        if !isFound { turn.mark(.recordNotHere) }
        return isFound ? .written : .response(.refused(.notFound, retryAfterSeconds: 0))
    }

    private mutating func readEnvelope(
        _ envelope: EnvelopeID, in mailbox: MailboxID, chunk: Int, _ query: ServingQuery, isRepair: Bool,
        store: StoreView,
        _ turn: inout Turn
    ) -> ServingAnswer {
        if !isRepair, let refusal = refusalToRead(mailbox, query.source, &turn) { return .response(refusal) }
        turn.scratch.body.reset()
        let isFound = buddy.envelopeChunk(envelope, in: mailbox, index: chunk, store: store) { part, bytes in
            Response.chunk(part).encode(answering: query.header, payload: bytes, into: &turn.scratch.body)
        }
        if !isFound { turn.mark(.envelopeNotHere) }
        return isFound ? .written : .response(.refused(.notFound, retryAfterSeconds: 0))
    }

    private mutating func list(
        _ mailbox: MailboxID, after: EnvelopeID?, _ query: ServingQuery, store: StoreView, _ turn: inout Turn
    ) -> ServingAnswer {
        if let refusal = refusalToRead(mailbox, query.source, &turn) { return .response(refusal) }
        let limit = turn.buggifies(.shorterPage) ? 1 : Limits.entriesPerPage
        turn.scratch.items.reset()
        let more = buddy.list(mailbox, after: after, limit: limit, now: turn.now, store: store) {
            turn.scratch.items.mailboxEntry($0)
        }
        let response = Response.page(entries: turn.scratch.items.range, more: more)
        turn.scratch.writeBody(response, answering: query.header)
        return .written
    }

    /// The answer to a session that has not shown that it reads a mailbox; nil where it has.
    func refusalToRead(_ mailbox: MailboxID, _ source: Source, _ turn: inout Turn) -> Response? {
        guard !buddy.isAuthorized(mailbox, source: source) || turn.buggifies(.readerForgotten) else { return nil }
        turn.mark(.readerUnauthorized)
        return .refused(.unauthorized, retryAfterSeconds: 0)
    }

    /// Answers only servers that have proved their address, and only those of its own subtree: what such a node keeps
    /// itself, or would be brought.
    private func compare(
        _ request: ReconcileRequest, _ body: RawSpan, _ query: ServingQuery, depth: Int?, store: StoreView,
        _ turn: inout Turn
    ) -> ServingAnswer {
        guard query.source.isProven else {
            turn.mark(.comparisonWaitsForProof)
            return .nothing
        }
        guard query.isServer, let depth else {
            turn.mark(.comparisonRefused)
            return .response(.refused(.notResponsible, retryAfterSeconds: 0))
        }
        let outcome = buddy.compare(
            request, in: body, from: query.asker, depth: depth, now: turn.now, store: store)
        turn.scratch.items.reset()
        switch outcome {
        case .ranges(let ranges):
            turn.scratch.items.array(ranges)
            let response = Response.reconciled(ranges: turn.scratch.items.range, depth: nil)
            turn.scratch.writeBody(response, answering: query.header)
            return .written
        case .narrower(let depth):
            turn.mark(.comparisonNarrower)
            return .response(.reconciled(ranges: turn.scratch.items.range, depth: depth))
        case .refused(let reason):
            turn.mark(.comparisonRefused)
            return .response(.refused(reason, retryAfterSeconds: 0))
        }
    }

    /// Whether a mailbox lies in the subtree of this node and of the one that asks, a server: then both keep what is in
    /// it, and bring it to each other.
    private func mayRepair(_ mailbox: MailboxID, _ query: ServingQuery, depth: () -> Int?) -> Bool {
        guard query.isServer, query.source.isProven, let depth = depth() else { return false }
        return buddy.isNeighbour(query.asker, at: mailbox, depth: depth)
    }

    /// Answers everybody who has proved their address: whoever knows the ID of an envelope could bring it here instead.
    private func audit(
        _ envelope: EnvelopeID, in mailbox: MailboxID, nonce: UInt128, _ query: ServingQuery, store: StoreView,
        _ turn: inout Turn
    ) -> ServingAnswer {
        guard query.source.isProven else {
            turn.mark(.comparisonWaitsForProof)
            return .nothing
        }
        switch buddy.audit(envelope, in: mailbox, nonce: nonce, store: store) {
        case .held(let proof): return .response(.proof(proof))
        case .pending(let proof, let ticket): return .after(ticket, .proof(proof))
        case .collected(let key, let tombstone): return .response(.collectedBy(key, tombstone))
        case .absent:
            turn.mark(.envelopeNotHere)
            return .response(.refused(.notFound, retryAfterSeconds: 0))
        case .mayHaveGivenWay:
            return .response(.refused(.mailboxFull, retryAfterSeconds: Limits.retryAfterMailboxFull))
        }
    }

    private func answer(to outcome: KeepOutcome, _ turn: inout Turn) -> ServingAnswer {
        if turn.marks.isCounting { turn.mark(mark(of: outcome, turn.now.monotonic)) }
        return switch outcome {
        case .keep(let ticket): .after(ticket, .kept)
        case .kept: .response(.kept)
        case .partial(let bitmap): .response(.partial(bitmap))
        case .collected(let tombstone): .response(.collected(tombstone))
        case .refused(let reason, let retryAfter): .response(.refused(reason, retryAfterSeconds: retryAfter))
        }
    }

    /// What an outcome is counted as, where it is a rare one.
    private func mark(of outcome: KeepOutcome, _ now: Instant) -> Mark? {
        switch outcome {
        case .keep, .partial: nil
        case .kept: .broughtThoughHere
        case .collected: .broughtThoughCollected
        case .refused(.nodeFull, _):
            buddy.isPaused(now) ? .keepingPaused : buddy.isFull ? .keeperFull : .blockOverItsShare
        case .refused(.mailboxFull, _): .mailboxFull
        case .refused(.busy, _): .keeperBusyItself
        case .refused(.expiry, _): .broughtOutOfTime
        case .refused(.stale, _): .recordStale
        case .refused(.notResponsible, _): .keeperNotResponsible
        case .refused: .broughtInvalid
        }
    }

    // MARK: Direct delivery

    /// The person's side says to which mailboxes something may be brought straight here.
    mutating func accept(_ mailboxes: [MailboxID]) { accepted = mailboxes }

    private mutating func deliver(
        _ chunk: UploadChunk, _ body: RawSpan, from source: Source, _ turn: inout Turn
    ) -> ServingAnswer {
        guard accepted.contains(chunk.location) else {
            turn.mark(.deliveryToNoMailboxHere)
            return .response(.refused(.notFound, retryAfterSeconds: 0))
        }
        let envelope = EnvelopeID(chunk.object)
        switch deliveries.standing(of: envelope) {
        case .accepted:
            turn.mark(.deliveryCameTwice)
            return .response(.accepted)
        case .waiting:
            turn.mark(.deliveryWaits)
            return .nothing
        case .new: break
        }
        switch buddy.assembleDelivery(chunk, body, from: source, now: turn.now) {
        case .partial(let bitmap): return .response(.partial(bitmap))
        case .refused(let reason):
            return .response(.refused(reason, retryAfterSeconds: reason == .busy ? 1 : 0))
        case .whole(let bytes): return .person(chunk.location, envelope, bytes)
        }
    }

    /// An envelope waits for the person's side, and its answer goes over this carrier then. False where too many do.
    mutating func hold(
        _ envelope: EnvelopeID, _ bytes: [UInt8], for mailbox: MailboxID, from account: Account, _ header: RPCHeader,
        over carrier: ReplyCarrier, _ turn: inout Turn
    ) -> Bool {
        guard !turn.buggifies(.deliveryBusy),
            let id = deliveries.insert(envelope, from: account, carrier: carrier, header: header)
        else { return false }
        turn.tell(.envelopeDelivered(id, mailbox: mailbox, envelope: bytes))
        return true
    }

    /// The person's side has answered. What isn't accepted has cost more than a message does, and is charged to who brought it.
    mutating func endDelivery(_ id: DeliveryID, _ answer: DeliveryAnswer, now: Instant) -> Deliveries.Waiting? {
        let delivery = deliveries.resolve(id, answer)
        if let delivery, answer != .accepted { work.charge(WorkBudget.unopened, to: delivery.account, at: now) }
        return delivery
    }

    // MARK: For this node's person

    /// Discards envelopes of the person's own that lie here.
    mutating func discardOwn(
        _ tombstones: [Tombstone], in mailbox: MailboxID, key: BlindedKey, responsibility: Responsibility, now: Now,
        store: inout StoreView
    ) {
        _ = buddy.discard(
            mailbox, key: key, tombstones, from: .own, isResponsible: responsibility.covers(mailbox, over: .both),
            now: now, store: &store)
    }

    /// Gives the envelopes that this node keeps itself to the command that fetches them, and returns the others.
    func giveHeld(
        _ envelopes: [EnvelopeID], in mailbox: MailboxID, for command: CommandID, store: StoreView, _ turn: inout Turn
    ) -> [EnvelopeID] {
        var others: [EnvelopeID] = []
        for envelope in envelopes {
            if let bytes = buddy.envelope(envelope, in: mailbox, store: store) {
                turn.tell(.envelope(command, mailbox: mailbox, envelope, bytes))
            } else {
                others.append(envelope)
            }
        }
        return others
    }

    /// What this node keeps in a mailbox.
    func entries(in mailbox: MailboxID, now: Now, store: StoreView) -> [MailboxEntry] {
        buddy.entries(in: mailbox, now: now, store: store)
    }

    /// The record that this node keeps at a location.
    func record(at location: Location, store: StoreView) -> [UInt8]? { buddy.record(at: location, store: store) }

    // MARK: Repair

    /// What this node keeps within a scope.
    func items(in scope: ItemScope, store: StoreView) -> KeptItems { buddy.items(in: scope, store: store) }

    /// An envelope that this node keeps.
    func envelope(_ envelope: EnvelopeID, in mailbox: MailboxID, store: StoreView) -> [UInt8]? {
        buddy.envelope(envelope, in: mailbox, store: store)
    }

    /// A tombstone that this node keeps, and the key that signed it.
    func tombstone(of envelope: EnvelopeID, in mailbox: MailboxID, store: StoreView) -> (BlindedKey, Tombstone)? {
        buddy.tombstone(of: envelope, in: mailbox, store: store)
    }

    /// Keeps what another node of the range has given, on the account of that node. Returns why it can't be kept, or nil.
    mutating func keep(
        _ thing: RepairedThing, from holder: Contact, now: Now, store: inout StoreView
    ) -> RefusalReason? {
        guard let endpoint = holder.endpoint(in: .both) else { return .invalid }
        let account = Account.block(of: endpoint)
        switch thing {
        case .bytes(let bytes, let item):
            let outcome = buddy.keep(item, bytes, for: account, now: now, store: &store)
            if case .refused(let reason, _) = outcome { return reason }
        case .tombstone(let tombstone, let key, let mailbox):
            let outcome = buddy.discard(
                mailbox, key: key, [tombstone], from: Source(session: 0, account: account), isResponsible: true,
                now: now, store: &store)
            if case .refused(let reason, _) = outcome { return reason }
        }
        return nil
    }

    /// Whether this node keeps an envelope.
    func holds(_ envelope: EnvelopeID, in mailbox: MailboxID, store: StoreView) -> Bool {
        buddy.holds(envelope, in: mailbox, store: store)
    }

    // MARK: Time

    /// Sessions are gone: what was kept for them is forgotten.
    mutating func forget(_ sessions: [SessionID]) {
        for session in sessions { buddy.forget(session: session.number) }
    }

    /// A commit has ended. `isFollowed`: the next begins at once.
    mutating func commitEnded(isFollowed: Bool, now: Now) { buddy.commitEnded(isFollowed: isFollowed, now: now) }

    /// Writes have failed.
    mutating func observeFailure(_ result: CommitResult, now: Now, store: StoreView) {
        buddy.observeFailure(result, now: now, store: store)
    }

    /// When something kept for others has expired, or was never completed.
    var nextSweep: Instant { buddy.nextDeadline }
    /// When a record kept for others is to be handed on.
    var nextHandOver: Instant? { buddy.nextHandOver }

    /// Clears away what has expired, where that is due. `erasing`: the time by which may be erased; nil while nothing may.
    mutating func sweep(now: Now, erasing: UnixTime?, store: inout StoreView) {
        if buddy.nextDeadline <= now.monotonic { buddy.sweep(now: now, erasing: erasing, store: &store) }
    }

    /// The records that are to be handed on now.
    mutating func nextHandOvers(now: Now, store: StoreView) -> [(location: Location, record: [UInt8])] {
        buddy.takeHandOvers(now: now, store: store)
    }

    // MARK: What it tells

    /// What is kept for others.
    var usage: NodeUsage { buddy.usage }
    var isFull: Bool { buddy.isFull }
    var displaced: Displaced { buddy.displaced }
    /// Requests that were refused for the work that they make.
    var refusedForWork: Int { work.refused }
}
