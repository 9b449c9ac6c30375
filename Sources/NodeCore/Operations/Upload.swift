import Basics
import Exchange
import Kademlia
import Mailboxes
import Sessions
import Wire

/// Bringing bytes to nodes: an envelope or a record to the k closest of a location, or to those that are known already, as
/// an envelope to its recipient.
///
/// It reports at a quorum and lets the stragglers finish: waiting for the last of twenty costs more than finding them.
/// A delivery goes to the person's nodes one after another, as long as none answers, and ends with the first that accepts.
struct Upload {
    /// What is brought where.
    enum Goal: Equatable {
        case deposit(CommandID)
        case publishRecord(CommandID)
        /// A few keepers are asked whether they have a record, and brought it where they lack it.
        case checkRecord(CommandID)
        case deliver(CommandID)
        /// Not for a command: a record goes to those that lack it.
        case handOver
        /// Not for a command: something goes to a node that lacks it, as a round of repair has found.
        case repairEnvelope, repairRecord
        /// Not for a command: an envelope goes again to a node that acknowledged it and can't show it.
        case bringAgain

        var command: CommandID? {
            switch self {
            case .deposit(let id), .publishRecord(let id), .checkRecord(let id), .deliver(let id): id
            case .handOver, .repairEnvelope, .repairRecord, .bringAgain: nil
            }
        }
    }

    private struct Attempt {
        let contact: Contact
        var transfer: Transfer
        var state = AttemptState.busy
        /// Whether its turn to be brought something has come, and is not over.
        var hasTurn = false
        /// When the first chunk might go.
        var begunAt: Instant?
        var hasAnswered = false
        /// Whether a chunk is on its way to it that isn't known to be lost.
        var hasChunkUnderWay = false
        /// Whether it wanted more than the first chunk: it lacked what is brought.
        var wasLacking = false

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
    private var attempts: [Attempt] = []
    /// How many nodes its search hopes to find.
    private var expected = 0
    /// Where a crowd was found that may acknowledge anything and keep nothing: those amid it don't count, and all others are
    /// waited for.
    private var crowded: Region?
    private var reportedQuorum = false
    private var isConcluded = false
    private var collected: Tombstone?
    private var reached = MarkSet()

    /// Marks reached since it began, those of its transfers included.
    var marks: MarkSet { attempts.reduce(into: reached) { $0.formUnion($1.transfer.marks) } }

    var attemptStates: [AttemptState] { attempts.map(\.state) }
    var kind: Activity.Operation {
        switch goal {
        case .deposit: .deposit
        case .publishRecord, .checkRecord: .publication
        case .deliver: .delivery
        case .handOver: .handOver
        case .repairEnvelope, .repairRecord, .bringAgain: .repair
        }
    }
    /// Whether a round of repair or an audit has found what is brought.
    var isRepair: Bool { goal == .repairEnvelope || goal == .repairRecord || goal == .bringAgain }
    /// What the node learns from it then.
    var broughtResult: OperationResult {
        guard let attempt = attempts.first, goal != .repairRecord else {
            return .brought(attempts.first?.state ?? .failed, nil)
        }
        let item = ItemKey.envelope(EnvelopeID(object), in: location)
        return goal == .bringAgain
            ? .broughtAgain((item, attempt.contact), isKept: attempt.state == .done)
            : .brought(attempt.state, (item, attempt.contact))
    }
    /// Nodes that nothing is brought to, and at how many others an upload of a search ends.
    private let leftOut: [NodeID]
    private let wanted: Int
    private let accepts: @Sendable (Tombstone) -> Bool

    /// The `recipients` are those that are known already. Of the nodes that a search finds, the closest `wanted` are sent it as
    /// well, or all where it found a crowd, but none of those in `leftOut`. `accepts` tells whether a tombstone is the owner's:
    /// a buddy's word alone would let it end a deposit.
    init(
        goal: Goal, identity: IdentityID, location: Location, object: Bytes32, payload: [UInt8],
        recipients: [Contact], besides leftOut: [NodeID] = [], wanted: Int = .max,
        accepts: @escaping @Sendable (Tombstone) -> Bool = { _ in false }
    ) {
        self.goal = goal
        self.identity = identity
        self.payload = payload
        self.location = location
        self.object = object
        self.accepts = accepts
        self.leftOut = leftOut
        self.wanted = wanted
        attempts = recipients.map { Attempt($0, size: payload.count) }
    }

    var isTrailing: Bool { reportedQuorum }
    mutating func conclude() {
        isConcluded = true
        reached.insert(.trailingDepositConcluded)
    }

    mutating func next(
        search: Search?, now: Now, turns: inout TransferTurns, events: inout [NodeEvent]
    ) -> OperationStep {
        let isSearched = search?.isFinished ?? true
        while true {
            leaveTurns(&turns)
            if isOver(isSearched: isSearched) { return finish(&events) }
            if crowded == nil { reportQuorum(&events) }
            if let step = nextChunk(now: now, turns: &turns) { return step }
        }
    }

    private func isOver(isSearched: Bool) -> Bool {
        if collected != nil || isConcluded { return true }
        if case .deliver = goal, attempts.contains(where: { $0.state == .done }) { return true }
        return isSearched && attempts.allSatisfy { $0.state != .busy }
    }

    private mutating func leaveTurns(_ turns: inout TransferTurns) {
        for index in attempts.indices where attempts[index].hasTurn && attempts[index].state != .busy {
            turns.leave(attempts[index].contact.id, as: identity)
            attempts[index].hasTurn = false
        }
    }

    mutating func addClosest(of search: Search) {
        crowded = search.crowdedRegion
        let closest = search.closest
        let trusted = closest.filter { !leftOut.contains($0.id) }
        expected = min(search.expected - (closest.count - trusted.count), wanted)
        let keepers = trusted.prefix(crowded == nil ? wanted : .max)
        for contact in keepers where !attempts.contains(where: { $0.contact.id == contact.id }) {
            attempts.append(Attempt(contact, size: payload.count))
        }
    }

    /// The closest first: the quorum is reached the sooner. Nil if an attempt has failed meanwhile.
    private mutating func nextChunk(now: Now, turns: inout TransferTurns) -> OperationStep? {
        var wakeAt: Instant?
        var isHeld = false
        for index in attempts.indices where attempts[index].state == .busy {
            // Who has it says so to one chunk.
            if case .checkRecord = goal, attempts[index].hasChunkUnderWay, !attempts[index].hasAnswered { continue }
            guard begins(index, now: now, wakeAt: &wakeAt, turns: &turns) else { continue }
            switch attempts[index].transfer.next(now: now.monotonic, maySend: turns.mayUpload) {
            case .send(let chunk, let number):
                attempts[index].hasChunkUnderWay = true
                return .ask(attempts[index].contact, request(chunk), .chunk(attempt: index, sending: number))
            case .held:
                isHeld = true
            case .wait(let until):
                if let until { wakeAt = min(wakeAt ?? until, until) }
            case .failed:
                attempts[index].state = .failed
                return nil
            }
        }
        return isHeld ? .held(until: wakeAt) : .wait(until: wakeAt)
    }

    /// Whether a node is brought anything yet: it may not be its turn.
    private mutating func begins(
        _ index: Int, now: Now, wakeAt: inout Instant?, turns: inout TransferTurns
    ) -> Bool {
        if attempts[index].hasTurn { return true }
        switch begin(of: index) {
        case .atOnce: break
        case .at(let instant) where instant <= now.monotonic: break
        case .at(let instant):
            wakeAt = min(wakeAt ?? instant, instant)
            return false
        case .later: return false
        }
        guard turns.enter(attempts[index].contact.id, as: identity, size: payload.count) else { return false }
        if case .deliver = goal, index > 0 { reached.insert(.deliveryTriesNextNode) }
        attempts[index].hasTurn = true
        attempts[index].begunAt = now.monotonic
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
        guard case .deliver = goal, let last = attempts[..<index].last(where: { $0.state == .busy }) else {
            return .atOnce
        }
        if attempts[..<index].contains(where: { $0.state == .busy && $0.hasAnswered }) { return .later }
        return last.begunAt.map { .at($0 + Limits.directStagger) } ?? .later
    }

    private func request(_ index: Int) -> Request {
        let chunk = UploadChunk(
            location: location, object: object, size: payload.count, index: index,
            bytes: Chunks.range(index, of: payload.count))
        return switch goal {
        case .deposit, .repairEnvelope, .bringAgain: .deposit(chunk)
        case .publishRecord, .checkRecord, .handOver, .repairRecord: .putRecord(chunk)
        case .deliver: .deliver(chunk)
        }
    }

    private mutating func reportQuorum(_ events: inout [NodeEvent]) {
        guard case .deposit(let command) = goal, !reportedQuorum else { return }
        guard tally.hasQuorum else { return }
        reportedQuorum = true
        events.append(.depositProgress(command, tally))
    }

    /// How many of those that count keep it.
    private var tally: Tally {
        if case .checkRecord = goal {
            var tally = attempts.lazy.map(\.state).tally
            tally.done = attempts.count { $0.state == .done && !$0.wasLacking }
            return tally
        }
        guard let crowded else {
            var tally = attempts.lazy.map(\.state).tally
            tally.found = max(tally.found, expected)
            return tally
        }
        return attempts.lazy.filter { !crowded.isAmidCrowd($0.contact.id) }.map(\.state).tally
    }

    private mutating func finish(_ events: inout [NodeEvent]) -> OperationStep {
        let tally = tally
        if case .deposit = goal, !tally.hasQuorum { reached.insert(.depositWithoutQuorum) }
        switch goal {
        case .deposit(let command): events.append(.depositFinished(command, tally, collected: collected))
        case .publishRecord(let command): events.append(.recordPublished(command, tally))
        case .checkRecord(let command): events.append(.recordChecked(command, tally))
        case .deliver(let command): events.append(.delivery(command, outcome))
        case .handOver, .repairEnvelope, .repairRecord, .bringAgain: break
        }
        return .finished
    }

    private var outcome: DeliveryOutcome {
        if attempts.contains(where: { $0.state == .done }) { return .accepted }
        for attempt in attempts {
            if case .refused(let reason) = attempt.state { return .refused(reason) }
        }
        return .unreachable
    }

    /// What the next deposit in the same mailbox may begin with: those found, where a quorum keeps this envelope. Where the search
    /// found a crowd it begins with nobody, and so with other points.
    func finding(hasSearched: Bool) -> KnownBuddies.Finding? {
        guard case .deposit = goal else { return nil }
        if hasSearched { return reportedQuorum ? .found(attempts.map(\.contact)) : nil }
        return reportedQuorum || collected != nil ? nil : .lost
    }

    mutating func observe(_ response: Response, to token: RequestToken, from context: ResponseContext) {
        guard case .chunk(let index, let number) = token, attempts[index].state == .busy else { return }
        attempts[index].hasAnswered = true
        switch response {
        case .partial(let bitmap):
            attempts[index].wasLacking = true
            attempts[index].transfer.observe(received: bitmap, number: number, roundTrip: context.measured)
        case .kept, .accepted:
            attempts[index].state = .done
        case .collected(let tombstone) where tombstone.envelope.bytes == object && accepts(tombstone):
            collected = tombstone
            reached.insert(.depositFindsTombstone)
        case .refused(.busy, let seconds):
            attempts[index].transfer.observeBusy(number: number, retryAfterSeconds: seconds, now: context.now.monotonic)
        case .refused(let reason, _):
            attempts[index].state = .refused(reason)
        default:
            attempts[index].state = .failed
        }
    }

    func timeout(of token: RequestToken) -> Duration? {
        if case .chunk(let index, _) = token { attempts[index].transfer.timeout } else { nil }
    }

    mutating func observe(_ silence: Silence, of token: RequestToken) {
        guard case .chunk(let index, let number) = token else { return }
        switch silence {
        case .late:
            attempts[index].transfer.observeLoss(of: number)
            attempts[index].hasChunkUnderWay = false
        case .final: if attempts[index].state == .busy { attempts[index].state = .failed }
        }
    }
}
