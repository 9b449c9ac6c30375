import Basics
import Mailboxes
import Sessions
import Wire

/// One round of repair with one other node of the range: finding out in what both differ, and fetching what this node
/// lacks. What the other lacks is brought to it afterwards.
///
/// Only one batch of differences is worked off at a time, so that a large one takes little memory.
struct RepairRound {
    private struct Fetch {
        let item: ItemKey
        let number: Int
        var download: Download
    }

    /// Things fetched at once, and chunks asked for at once: enough for a path of 100 ms to carry some megabits a second.
    private static let fetchesAtOnce = 16
    private static let chunksAtOnce = 32
    /// Things that the partner doesn't give after which it is asked for no more: it lies, or is overtaxed.
    private static let patience = 8

    let partner: Contact
    /// Whether what is lacking here is fetched.
    private let isFetching: Bool
    private var reconciliation: Reconciliation
    /// Whether the comparison is to go on with what is kept now.
    private var isToCompare = true
    /// Decides which envelopes the partner is asked for afterwards. The partner must not know it.
    private var random: SeededGenerator
    /// These, which were here when the comparison began, and that it has not said to lack; and how deep the scope was then.
    private var drawn: [ItemKey] = []
    private var drawnDepth: Int?
    private var question: (request: ReconcileRequest, number: Int)?
    /// The ranges of the request under way.
    private(set) var payload: [UInt8] = []
    private var wakeAt: Instant?
    private var hasCompared = false
    private var wanted: ArraySlice<ItemKey> = []
    /// A tombstone that the partner gave.
    private var found: RepairedThing?
    private var fetches: [Fetch] = []
    /// Tombstones asked for, by the numbers of the questions.
    private var buried: [Int: ItemKey] = [:]
    private var begun = 0
    private var failures = 0
    /// What this round has come to.
    private(set) var result = RepairOutcome()
    private(set) var marks = MarkSet()

    init(_ reconciliation: Reconciliation, with partner: Contact, fetches: Bool, seed: UInt64) {
        self.reconciliation = reconciliation
        random = SeededGenerator(seed: seed)
        isFetching = fetches
        self.partner = partner
    }

    // MARK: What to do

    mutating func next(now: Instant) -> OperationStep {
        if let (request, number) = question {
            question = nil
            return .ask(partner, .reconcile(request), .comparison(number))
        }
        if let found {
            self.found = nil
            return .keep(found, from: partner)
        }
        if let step = nextFetch() { return step }
        let isDue = wakeAt.map { $0 <= now } ?? false
        if isToCompare || isDue, wanted.isEmpty, !hasCompared { return .compare(reconciliation.scope) }
        guard !hasCompared || !fetches.isEmpty || !wanted.isEmpty || !buried.isEmpty else {
            return .finished
        }
        return .wait(until: wakeAt)
    }

    /// Goes on with the comparison, whose items these are.
    mutating func compare(_ items: KeptItems, now: Instant) {
        isToCompare = false
        wakeAt = nil
        draw(from: items)
        switch reconciliation.next(items, now: now) {
        case .ask(let request, let ranges, let number):
            question = (request, number)
            payload = ranges
        case .found(let differences):
            if isFetching { wanted = differences.wanted[...] }
            result.offer(differences.offered)
            drawn.removeAll { differences.offered.contains($0) }
            isToCompare = true
        case .wait(let until):
            wakeAt = until
        case .finished(let end):
            hasCompared = true
            // Otherwise not all was compared.
            if end != .complete { result.isComplete = false }
            if end == .complete, result.isAnswered, reconciliation.scope.contains(partner.id) {
                result.claimed = drawn
            }
        }
    }

    /// Draws what the partner is asked for. Where it compares a smaller subtree, all is compared anew.
    private mutating func draw(from items: KeptItems) {
        guard drawnDepth != items.scope.depth else { return }
        drawnDepth = items.scope.depth
        drawn = []
        for _ in 0..<Limits.auditsPerRound {
            if let item = items.drawnEnvelope(by: &random), !drawn.contains(item) { drawn.append(item) }
        }
    }

    private mutating func nextFetch() -> OperationStep? {
        while true {
            let mayAsk = fetches.reduce(0) { $0 + $1.download.underWay } < RepairRound.chunksAtOnce
            for index in fetches.indices {
                switch fetches[index].download.next(mayAsk: mayAsk) {
                case .request(let chunk, let number):
                    let fetch = fetches[index]
                    return .ask(
                        partner, RepairRound.request(fetch.item, chunk: chunk),
                        .envelopeChunk(attempt: 0, entry: fetch.number, sending: number))
                case .finished(let bytes):
                    let fetch = remove(index)
                    return .keep(.bytes(bytes, of: fetch.item), from: partner)
                case .failed:
                    fail(index)
                    return nextFetch()
                case .wait, .held: continue
                }
            }
            guard fetches.count + buried.count < RepairRound.fetchesAtOnce, let item = wanted.popFirst() else {
                return nil
            }
            guard failures < RepairRound.patience else {
                wanted = []
                result.isComplete = false
                return nil
            }
            begun += 1
            if item.itemKind == .tombstone {
                buried[begun] = item
                return .ask(
                    partner, .has(item.location, item.envelope, nonce: 0), .question(.tombstone, attempt: begun))
            }
            fetches.append(Fetch(item: item, number: begun, download: RepairRound.download(item)))
        }
    }

    private static func request(_ item: ItemKey, chunk: Int) -> Request {
        item.itemKind == .record
            ? .getRecord(item.location, chunk: chunk) : .fetch(item.location, item.envelope, chunk: chunk)
    }

    private static func download(_ item: ItemKey) -> Download {
        item.itemKind == .record
            ? Download(sizeLimit: Limits.recordSize)
            : Download(expectedHash: item.id, sizeLimit: Limits.sizeClasses[Limits.sizeClasses.count - 1])
    }

    @discardableResult
    private mutating func remove(_ index: Int) -> Fetch {
        marks.formUnion(fetches[index].download.marks)
        return fetches.remove(at: index)
    }

    private mutating func fail(_ index: Int) {
        remove(index)
        observeFailure()
        marks.insert(.repairFetchFailed)
    }

    private mutating func observeFailure() {
        failures += 1
        result.isComplete = false
    }

    private func index(of number: Int) -> Int? { fetches.firstIndex { $0.number == number } }

    // MARK: What comes of it

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        switch token {
        case .comparison(let number):
            result.isAnswered = true
            reconciliation.observe(response, in: body, to: number, now: context.now.monotonic)
            isToCompare = true
        case .envelopeChunk(_, let entry, let number):
            guard let index = index(of: entry) else { return }
            if case .chunk(let part) = response {
                fetches[index].download.observe(part, body, number: number, roundTrip: context.measured)
            } else {
                fail(index)
            }
        case .question(_, let number):
            guard let item = buried.removeValue(forKey: number) else { return }
            if case .collectedBy(let key, let tombstone) = response, tombstone.envelope == item.envelope {
                found = .tombstone(tombstone, by: key, in: item.location)
            } else {
                observeFailure()
            }
        case .search, .chunk: break
        }
    }

    mutating func observe(_ silence: Silence, of token: RequestToken) {
        switch (token, silence) {
        case (.comparison(let number), .final):
            reconciliation.observeSilence(of: number)
            isToCompare = true
        case (.envelopeChunk(_, let entry, let number), .late):
            if let index = index(of: entry) { fetches[index].download.observeLoss(of: number) }
        case (.envelopeChunk(_, let entry, _), .final):
            if let index = index(of: entry) { fail(index) }
        case (.question(_, let number), .final):
            if buried.removeValue(forKey: number) != nil { observeFailure() }
        case (.comparison, .late), (.search, _), (.chunk, _), (.question, .late): break
        }
    }

    /// How long to wait for an answer, where a transfer has measured that.
    func timeout(of token: RequestToken) -> Duration? {
        guard case .envelopeChunk(_, let entry, _) = token else { return nil }
        return index(of: entry).flatMap { fetches[$0].download.timeout }
    }
}
