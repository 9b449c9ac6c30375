import Basics
import Wire

/// Finds out in what two nodes' items within a scope differ, from the side that asks: range-based set reconciliation after
/// A. Meyer (SRDS 2023, arXiv 2212.13567).
///
/// ```
/// var reconciliation = Reconciliation(own: own, peer: buddy.id, depth: depth, nonce: random, now: now.utc)
/// loop: switch reconciliation.next(keeper.items(in: reconciliation.scope, store: store), now: now.monotonic) {
/// case .ask(let request, let ranges, let number): send .reconcile(request) with the payload `ranges` to the buddy; then
///     call `observe(response, in: body, to: number, now:)` or `observeSilence(of: number)`
/// case .found(let differences): bring what is offered, fetch what is wanted
/// case .wait(let until): call `next` again after an answer, or then
/// case .finished(let end): it is over
/// }
/// ```
/// It holds no set: differences are given out as they become known, and both memory and work per call are bounded. The
/// items may change meanwhile; what comes or goes may be found or not.
///
/// A liar can hide what it has and claim what it hasn't, but not keep this going for ever, and no third node can make two
/// different sets look equal (`FingerprintKey`).
public struct Reconciliation: Sendable {
    private let own: NodeID
    private let peer: NodeID
    private let nonce: UInt128
    private let key: FingerprintKey
    /// What is compared. Ask for the items of this scope at each call: it may become smaller.
    public private(set) var scope: ItemScope
    private let start: ItemKey
    private var pending: PendingRanges
    private var underWay: UnderWay?
    /// Requests made so far.
    public private(set) var requests = 0
    private var failures = 0
    private var pausedUntil: Instant?
    private var end: End?

    /// A request that waits for its answer.
    private struct UnderWay {
        let number: Int
        let ranges: [PendingRanges.Pending]
    }

    /// `own` asks `peer` about the locations that share `depth` first bits (0…255) with both of them, the larger of both
    /// nodes' depths as far as known. `nonce` must be random, and drawn for this comparison alone. `start`: where an
    /// earlier comparison stopped.
    public init(
        own: NodeID, peer: NodeID, depth: Int, nonce: UInt128, from start: ItemKey = .first, now: UnixTime
    ) {
        self.own = own
        self.peer = peer
        self.nonce = nonce
        self.start = start
        key = FingerprintKey(initiator: own, responder: peer, nonce: nonce)
        scope = ItemScope(around: own, depth: depth, firstDay: ItemScope.firstDay(now))
        pending = PendingRanges(ItemRange(from: start, to: .end))
    }

    // MARK: What to do

    /// What a comparison wants next.
    public enum Step {
        /// Send this request to the other node with these bytes as its payload, and report the outcome under this number.
        case ask(ReconcileRequest, ranges: [UInt8], number: Int)
        /// These differ. Call `next` again, now or later.
        case found(Differences)
        /// Nothing before the answer comes or, where a time is given, before this.
        case wait(until: Instant?)
        /// It is over.
        case finished(End)
    }

    /// How a comparison ended.
    public enum End: Hashable, Sendable {
        /// All was compared.
        case complete
        /// It took as many requests as one may; a later one should go on from here.
        case stopped(at: ItemKey)
        /// The other node refused for this reason.
        case refused(RefusalReason)
        /// The other node doesn't answer, or has been busy too often.
        case unanswered
        /// The other node's answers make no sense.
        case invalid
    }

    /// The next step. `items` are those of `scope` that are kept now. Call it after the start and after each call of
    /// another method, and again after `found`.
    public mutating func next(_ items: KeptItems, now: Instant) -> Step {
        while end == nil, underWay == nil {
            if let pausedUntil, now < pausedUntil { return .wait(until: pausedUntil) }
            // Two nodes of different subtrees have nothing in common.
            guard let first = pending.first, scope.contains(peer) else {
                end = .complete
                break
            }
            if case .listed(let theirs) = first.knowledge {
                let differences = compareFirst(with: theirs, items)
                if !differences.isEmpty { return .found(differences) }
                continue
            }
            guard requests < Limits.comparisonRequests else {
                end = .stopped(at: first.range.lower)
                break
            }
            if let ranges = nextRanges(items) {
                requests += 1
                let count = ByteRange(offset: 0, count: ranges.count)
                return .ask(
                    ReconcileRequest(nonce: nonce, firstDay: scope.firstDay, depth: scope.depth, ranges: count),
                    ranges: ranges, number: requests)
            }
        }
        return end.map { .finished($0) } ?? .wait(until: nil)
    }

    /// The first range's differences from what the other side has there, as many as are given out at once.
    private mutating func compareFirst(with theirs: [ItemKey], _ items: KeptItems) -> Differences {
        guard let range = pending.first?.range else { return Differences() }
        var differences = Differences()
        var next = 0
        var work = Limits.itemsPerComparison
        func wantTheirs(before place: ItemKey) {
            while next < theirs.count, theirs[next] < place {
                if items.wants(theirs[next]) { differences.wanted.append(theirs[next]) }
                next += 1
            }
        }
        let stop = items.visit(range, limit: &work) { item in
            guard differences.count < Limits.differencesPerBatch else { return false }
            wantTheirs(before: item)
            if next < theirs.count, theirs[next] == item {
                next += 1
            } else if next == theirs.count || !theirs[next].replaces(item) {
                differences.offered.append(item)
            }
            return true
        }
        wantTheirs(before: stop ?? range.upper)
        pending.cutFirst(from: stop ?? range.upper, .listed(Array(theirs[next...])))
        return differences
    }

    /// The ranges of the next request, which is then under way; nil where all that was looked at is equal.
    private mutating func nextRanges(_ items: KeptItems) -> [UInt8]? {
        var writer = RangeWriter()
        var work = Limits.itemsPerComparison
        var asked: [PendingRanges.Pending] = []
        var differing = 0
        while let first = pending.first, work > 0, differing < Limits.differingRangesPerRequest, writer.hasRoom {
            if case .listed = first.knowledge { break }
            let (set, stop) = items.sum(of: first.range, under: key, limit: &work)
            let fingerprint = key.fingerprint(of: set)
            if stop == nil, first.knowledge == .theirs(fingerprint) {
                pending.removeFirst()
                continue
            }
            guard writer.end == first.range.lower || writer.equal(upTo: first.range.lower) else { break }
            let range = ItemRange(from: first.range.lower, to: stop ?? first.range.upper)
            let isKnownToDiffer = first.knowledge != .nothing && stop == nil
            if isKnownToDiffer { differing += 1 }
            if isKnownToDiffer, set.count > Limits.itemsNamed {
                var place = range.lower
                items.split(range, count: set.count, under: key) { part, sum in
                    guard writer.fingerprint(key.fingerprint(of: sum), upTo: part.upper) else { return false }
                    asked.append(PendingRanges.Pending(range: part, knowledge: .nothing))
                    place = part.upper
                    return true
                }
                pending.cutFirst(from: place, .nothing)
            } else {
                guard writer.fingerprint(fingerprint, upTo: range.upper) else { break }
                asked.append(PendingRanges.Pending(range: range, knowledge: isKnownToDiffer ? .differs : .nothing))
                pending.cutFirst(from: range.upper, .nothing)
            }
        }
        guard !asked.isEmpty else { return nil }
        underWay = UnderWay(number: requests + 1, ranges: asked)
        return writer.finish()
    }

    // MARK: What happened

    /// The other node answered the request of this number; ranges are parts of `body`. A late or repeated answer changes
    /// nothing.
    public mutating func observe(_ response: Response, in body: RawSpan, to number: Int, now: Instant) {
        guard let request = takeUnderWay(number) else { return }
        switch response {
        case .reconciled(let ranges, nil):
            guard let rest = PendingRanges.rest(of: request.ranges, answered: ranges, in: body) else {
                end = .invalid
                return
            }
            failures = 0
            pending.prepend(rest)
        case .reconciled(_, let depth?):
            guard depth > scope.depth else {
                end = .invalid
                return
            }
            scope = ItemScope(around: own, depth: depth, firstDay: scope.firstDay)
            pending = PendingRanges(ItemRange(from: start, to: .end))
        case .refused(.busy, let seconds):
            pausedUntil = now + .seconds(Int64(max(1, seconds)))
            repeatLater(request)
        case .refused(let reason, _): end = .refused(reason)
        default: end = .invalid
        }
    }

    /// The request of this number got no answer, even after it was repeated.
    public mutating func observeSilence(of number: Int) {
        if let request = takeUnderWay(number) { repeatLater(request) }
    }

    private mutating func takeUnderWay(_ number: Int) -> UnderWay? {
        guard let request = underWay, request.number == number else { return nil }
        underWay = nil
        return request
    }

    private mutating func repeatLater(_ request: UnderWay) {
        failures += 1
        pending.prepend(request.ranges)
        if failures >= Limits.comparisonFailures { end = .unanswered }
    }
}
