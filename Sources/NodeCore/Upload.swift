import Basics
import Exchange
import Mailboxes
import Sessions
import Wire

/// Bringing bytes to nodes: an envelope or a record to the k closest of a location, or to those that are known already, as
/// an envelope to its recipient.
///
/// It reports at a quorum and lets the stragglers finish: waiting for the last of twenty costs more than finding them.
/// A delivery goes to the person's nodes one after another, as long as none answers, and ends with the first that accepts.
struct Upload: Process {
    /// What is brought where.
    enum Goal: Equatable {
        case deposit(CommandID)
        case publishRecord(CommandID)
        case deliver(CommandID)
        /// Nobody's command: a record goes to those that lack it.
        case handOver

        var command: CommandID? {
            switch self {
            case .deposit(let id), .publishRecord(let id), .deliver(let id): id
            case .handOver: nil
            }
        }
    }

    private struct Visit {
        let contact: Contact
        var transfer: Transfer
        var state = VisitState.busy
        /// Whether it was its turn to be brought something, and that is not over.
        var hasTurn = false
        /// When the first chunk might go.
        var begunAt: Instant?
        var hasAnswered = false

        init(_ contact: Contact, size: Int) {
            self.contact = contact
            transfer = Transfer(size: size)
        }
    }

    let goal: Goal
    let identity: IdentityID
    let payload: [UInt8]
    let location: Location
    private let object: Bytes32
    private var search: Search?
    private var visits: [Visit] = []
    private var reportedQuorum = false
    private var isConcluded = false
    private var collected: Tombstone?
    var searched: Search? { search }
    var visitStates: [VisitState] { visits.map(\.state) }
    var operation: Activity.Operation {
        switch goal {
        case .deposit: .deposit
        case .publishRecord: .publication
        case .deliver: .delivery
        case .handOver: .handOver
        }
    }
    private let accepts: @Sendable (Tombstone) -> Bool

    /// `search` is nil where it goes to the `recipients` alone. `accepts` tells whether a tombstone is the
    /// owner's: a buddy's word alone would let it end a deposit.
    init(
        goal: Goal, identity: IdentityID, location: Location, object: Bytes32, payload: [UInt8], search: Search?,
        recipients: [Contact] = [], now: Now, accepts: @escaping @Sendable (Tombstone) -> Bool = { _ in false }
    ) {
        self.goal = goal
        self.identity = identity
        self.payload = payload
        self.location = location
        self.object = object
        self.search = search
        self.accepts = accepts
        visits = recipients.map { Visit($0, size: payload.count) }
    }

    var command: CommandID? { goal.command }
    var isTrailing: Bool { reportedQuorum }
    mutating func conclude() { isConcluded = true }

    mutating func next(now: Now, turns: inout TransferTurns, events: inout [NodeEvent]) -> ProcessStep {
        if let step = nextSearch(now: now) { return step }
        while true {
            leaveTurns(&turns)
            if isOver { return finish(&events) }
            reportQuorum(&events)
            if let step = nextChunk(now: now, turns: &turns) { return step }
        }
    }

    private var isOver: Bool {
        if collected != nil || isConcluded { return true }
        if case .deliver = goal, visits.contains(where: { $0.state == .done }) { return true }
        return search?.isFinished != false && visits.allSatisfy { $0.state != .busy }
    }

    private mutating func leaveTurns(_ turns: inout TransferTurns) {
        for index in visits.indices where visits[index].hasTurn && visits[index].state != .busy {
            turns.leave(visits[index].contact.id, as: identity)
            visits[index].hasTurn = false
        }
    }

    private mutating func nextSearch(now: Now) -> ProcessStep? {
        guard search?.isFinished == false else { return nil }
        if let step = search?.next(now: now) { return step }
        for contact in search?.closest(besides: visits.lazy.map(\.contact)) ?? [] {
            visits.append(Visit(contact, size: payload.count))
        }
        return nil
    }

    /// The closest first: the quorum is reached the sooner. Nil where a visit has failed meanwhile.
    private mutating func nextChunk(now: Now, turns: inout TransferTurns) -> ProcessStep? {
        var wakeAt: Instant?
        var isHeld = false
        for index in visits.indices where visits[index].state == .busy {
            guard begins(index, now: now, wakeAt: &wakeAt, turns: &turns) else { continue }
            switch visits[index].transfer.next(now: now.monotonic, maySend: turns.mayUpload) {
            case .send(let chunk, let number):
                return .ask(visits[index].contact, request(chunk), .visit(index, detail: number))
            case .held:
                isHeld = true
            case .wait(let until):
                if let until { wakeAt = min(wakeAt ?? until, until) }
            case .failed:
                visits[index].state = .failed
                return nil
            }
        }
        return isHeld ? .held(until: wakeAt) : .wait(until: wakeAt)
    }

    /// Whether a node is brought anything yet: it may not be its turn.
    private mutating func begins(
        _ index: Int, now: Now, wakeAt: inout Instant?, turns: inout TransferTurns
    ) -> Bool {
        if visits[index].hasTurn { return true }
        switch begin(of: index) {
        case .atOnce: break
        case .at(let instant) where instant <= now.monotonic: break
        case .at(let instant):
            wakeAt = min(wakeAt ?? instant, instant)
            return false
        case .later: return false
        }
        guard turns.enter(visits[index].contact.id, as: identity, size: payload.count) else { return false }
        visits[index].hasTurn = true
        visits[index].begunAt = now.monotonic
        return true
    }

    private enum Begin {
        case atOnce
        case at(Instant)
        case later
    }

    /// When a node may be brought something. A delivery tries one of the person's nodes when all before it have failed, or
    /// the last of them has been silent for a while; not while one answers.
    private func begin(of index: Int) -> Begin {
        guard case .deliver = goal, let last = visits[..<index].last(where: { $0.state == .busy }) else {
            return .atOnce
        }
        if visits[..<index].contains(where: { $0.state == .busy && $0.hasAnswered }) { return .later }
        return last.begunAt.map { .at($0 + Limits.directStagger) } ?? .later
    }

    private func request(_ index: Int) -> Request {
        let chunk = UploadChunk(
            location: location, object: object, size: payload.count, index: index,
            bytes: Chunks.range(index, of: payload.count))
        return switch goal {
        case .deposit: .deposit(chunk)
        case .publishRecord, .handOver: .putRecord(chunk)
        case .deliver: .deliver(chunk)
        }
    }

    private mutating func reportQuorum(_ events: inout [NodeEvent]) {
        guard case .deposit(let command) = goal, !reportedQuorum else { return }
        let tally = visits.lazy.map(\.state).tally
        guard tally.hasQuorum else { return }
        reportedQuorum = true
        events.append(.depositProgress(command, tally))
    }

    private func finish(_ events: inout [NodeEvent]) -> ProcessStep {
        let tally = visits.lazy.map(\.state).tally
        switch goal {
        case .deposit(let command): events.append(.depositFinished(command, tally, collected: collected))
        case .publishRecord(let command): events.append(.recordPublished(command, tally))
        case .deliver(let command): events.append(.delivery(command, outcome))
        case .handOver: break
        }
        return .finished
    }

    private var outcome: DeliveryOutcome {
        if visits.contains(where: { $0.state == .done }) { return .accepted }
        for visit in visits {
            if case .refused(let reason) = visit.state { return .refused(reason) }
        }
        return .unreachable
    }

    /// Who was found, for the next deposit to the same mailbox: known as soon as a quorum keeps this one.
    var buddies: [Contact]? {
        guard case .deposit = goal, search != nil, reportedQuorum else { return nil }
        return visits.map(\.contact)
    }

    /// Whether buddies that were known from before turned out not to do.
    var hasMissed: Bool {
        guard case .deposit = goal, search == nil else { return false }
        return !reportedQuorum && collected == nil
    }

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        guard case .visit(let index, let number) = token else {
            search?.observe(response, body: body, from: context)
            return
        }
        guard visits[index].state == .busy else { return }
        visits[index].hasAnswered = true
        switch response {
        case .partial(let bitmap):
            visits[index].transfer.observe(received: bitmap, number: number, roundTrip: context.measured)
        case .kept, .accepted:
            visits[index].state = .done
        case .collected(let tombstone) where tombstone.envelope.bytes == object && accepts(tombstone):
            collected = tombstone
        case .refused(.busy, let seconds):
            visits[index].transfer.observeBusy(number: number, retryAfterSeconds: seconds, now: context.now.monotonic)
        case .refused(let reason, _):
            visits[index].state = .refused(reason)
        default:
            visits[index].state = .failed
        }
    }

    func repeatsItself(_ token: RequestToken) -> Bool {
        if case .visit = token { true } else { false }
    }

    func timeout(of token: RequestToken) -> Duration? {
        if case .visit(let index, _) = token { visits[index].transfer.timeout } else { nil }
    }

    mutating func observeDelay(of token: RequestToken, now: Now) {
        switch token {
        case .search(let node): search?.observeDelay(of: node)
        case .visit(let index, let number): visits[index].transfer.observeLoss(of: number)
        }
    }

    mutating func observeFailure(of token: RequestToken, now: Now) {
        switch token {
        case .search(let node): search?.observeFailure(of: node)
        case .visit(let index, _): if visits[index].state == .busy { visits[index].state = .failed }
        }
    }
}
