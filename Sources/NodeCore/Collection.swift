import Basics
import Exchange
import Mailboxes
import Sessions
import Wire

/// Reading a mailbox of one's own: authorize with each buddy, list what it holds, fetch what is wanted.
///
/// The lists of all buddies are united: any one of them may have missed a deposit, or hide it. An envelope is fetched
/// from one holder after another until its bytes have its hash. What this node keeps itself is offered first; the node
/// answers for it without asking anybody.
struct Collection: Process {
    /// How far one buddy is.
    private enum Stage: Equatable {
        case unauthorized
        case challenged(ChallengeID)
        case authorizing(Signature)
        case listing(after: EnvelopeID?)
        case waiting
        case listed
        case refused
        case failed
    }

    private struct Visit {
        let contact: Contact
        var stage = Stage.unauthorized
        /// A session may be lost between two steps: then it starts over, a few times.
        var restarts = 0

        var isSettled: Bool { stage == .listed || stage == .refused || stage == .failed }
    }

    private struct Entry {
        let envelope: EnvelopeID
        let size: Int
        /// Visits whose list had it, in the order in which they said so.
        var holders: [Int]
        var isWanted = false
        var download: Download?
        /// The visit that the download is from.
        var source: Int?
    }

    /// Envelopes fetched at once: more would only compete with each other.
    private static let downloads = 4
    private static let restarts = 3
    /// Envelopes taken note of: what a full mailbox has.
    private static let envelopes = Limits.envelopesPerMailbox

    private let id: CommandID
    let identity: IdentityID
    let mailbox: MailboxID
    private let key: BlindedKey
    /// Nil where the buddies were known from before.
    private var search: Search?
    private var visits: [Visit] = []
    private var entries: [Entry] = []
    private var unoffered: [EnvelopeID] = []
    private var unansweredOffers = 0

    /// `search` is nil where the `buddies` are known; `held` is what this node itself keeps in the mailbox.
    init(
        id: CommandID, identity: IdentityID, mailbox: MailboxID, key: BlindedKey, search: Search?,
        buddies: [Contact] = [], held: [MailboxEntry]
    ) {
        self.id = id
        self.identity = identity
        self.mailbox = mailbox
        self.key = key
        self.search = search
        // The session with them may be authorized from the last time: they say so if it isn't.
        visits = buddies.map { Visit(contact: $0, stage: .listing(after: nil)) }
        entries = held.map { Entry(envelope: $0.envelope, size: $0.size, holders: []) }
        unoffered = held.map(\.envelope)
    }

    var command: CommandID? { id }
    var collects: MailboxID? { mailbox }

    mutating func next(now: Now, events: inout [NodeEvent]) -> ProcessStep {
        if let step = nextSearch(now: now) { return step }
        offer(&events)
        if let step = nextListing() ?? nextFetch(&events) { return step }
        guard isListed, unansweredOffers == 0, !entries.contains(where: \.isWanted) else {
            return .wait(until: nil)
        }
        let opened = visits.count { $0.stage == .listed }
        events.append(.collectFinished(id, mailbox: mailbox, Tally(done: opened, found: visits.count)))
        return .finished
    }

    private mutating func nextSearch(now: Now) -> ProcessStep? {
        guard !isSearched else { return nil }
        if let step = search?.next(now: now) { return step }
        visits += (search?.closest(besides: visits.lazy.map(\.contact)) ?? []).map { Visit(contact: $0) }
        return nil
    }

    private var isSearched: Bool { search?.isFinished ?? true }

    /// What the next collection of this mailbox may begin with.
    enum Finding {
        /// These are the buddies.
        case searched([Contact])
        /// Most of those known before have answered.
        case confirmed
        /// They have not: search again.
        case lost
    }

    var finding: Finding {
        if search != nil { return .searched(visits.map(\.contact)) }
        return visits.count { $0.stage == .listed } * 2 > visits.count ? .confirmed : .lost
    }

    /// Whether all buddies there are have said all that they hold, or won't.
    private var isListed: Bool { isSearched && visits.allSatisfy(\.isSettled) }

    private mutating func offer(_ events: inout [NodeEvent]) {
        guard !unoffered.isEmpty else { return }
        events.append(.offer(id, mailbox: mailbox, unoffered))
        unoffered.removeAll()
        unansweredOffers += 1
    }

    private mutating func nextListing() -> ProcessStep? {
        for index in visits.indices {
            let contact = visits[index].contact
            switch visits[index].stage {
            case .unauthorized:
                visits[index].stage = .waiting
                return .challenge(contact, mailbox: mailbox, .visit(index, detail: Detail.challenge))
            case .authorizing(let signature):
                visits[index].stage = .waiting
                let request = Request.authorize(mailbox, key: key, signature)
                return .ask(contact, request, .visit(index, detail: Detail.authorize))
            case .listing(let after):
                visits[index].stage = .waiting
                return .ask(contact, .list(mailbox, after: after), .visit(index, detail: Detail.list))
            case .challenged, .waiting, .listed, .refused, .failed: continue
            }
        }
        return nil
    }

    private mutating func nextFetch(_ events: inout [NodeEvent]) -> ProcessStep? {
        var active = entries.count { $0.download != nil }
        for index in entries.indices where entries[index].isWanted {
            if entries[index].download == nil {
                guard active < Collection.downloads else { return nil }
                guard begin(index, &events) else { continue }
                active += 1
            }
            guard let source = entries[index].source else { continue }
            switch entries[index].download?.next() {
            case .request(let chunk):
                let request = Request.fetch(mailbox, entries[index].envelope, chunk: chunk)
                return .ask(visits[source].contact, request, .visit(source, detail: Detail.fetch(index, chunk: chunk)))
            case .finished(let bytes):
                events.append(.envelope(id, mailbox: mailbox, entries[index].envelope, bytes))
                entries[index].isWanted = false
                entries[index].download = nil
            case .failed:
                entries[index].download = nil
                return nextFetch(&events)
            case .wait, nil: continue
            }
        }
        return nil
    }

    /// Starts or restarts the fetch of an entry from its next holder; false when none is left for now.
    private mutating func begin(_ index: Int, _ events: inout [NodeEvent]) -> Bool {
        let entry = entries[index]
        guard let holder = entry.holders.first else {
            // A buddy that has not listed yet may hold it too.
            if isListed {
                entries[index].isWanted = false
                events.append(.envelopeUnavailable(id, mailbox: mailbox, entry.envelope))
            }
            return false
        }
        entries[index].holders.removeFirst()
        entries[index].source = holder
        entries[index].download = Download(expectedHash: entry.envelope.bytes, sizeLimit: entry.size)
        return true
    }

    // MARK: What comes of it

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        guard case .visit(let index, let detail) = token else {
            search?.observe(response, body: body, from: context)
            return
        }
        if let (entry, chunk) = Detail.fetched(detail) {
            observeChunk(response, body: body, entry: entry, chunk: chunk, from: index)
            return
        }
        guard visits[index].stage == .waiting else { return }
        switch response {
        case .pong where detail == Detail.challenge: visits[index].stage = .unauthorized
        case .granted where detail == Detail.authorize: visits[index].stage = .listing(after: nil)
        case .page(let page, let more) where detail == Detail.list:
            observePage(page, more: more, body: body, from: index)
        case .refused(.unauthorized, _) where detail == Detail.list: restart(index)
        case .refused: visits[index].stage = .refused
        default: visits[index].stage = .failed
        }
    }

    private mutating func observePage(_ page: ByteRange, more: Bool, body: RawSpan, from visit: Int) {
        var last: EnvelopeID?
        var reader = EntryReader(page)
        while let listed = reader.next(in: body) {
            last = listed.envelope
            if let index = entries.firstIndex(where: { $0.envelope == listed.envelope }) {
                if !entries[index].holders.contains(visit) { entries[index].holders.append(visit) }
            } else if entries.count < Collection.envelopes {
                entries.append(Entry(envelope: listed.envelope, size: listed.size, holders: [visit]))
                unoffered.append(listed.envelope)
            }
        }
        if more, let last { visits[visit].stage = .listing(after: last) } else { visits[visit].stage = .listed }
    }

    private mutating func observeChunk(_ response: Response, body: RawSpan, entry: Int, chunk: Int, from visit: Int) {
        guard entries[entry].source == visit, entries[entry].download != nil else { return }
        switch response {
        case .chunk(let part) where part.index == chunk:
            entries[entry].download?.observe(part, body)
        case .refused(.unauthorized, _):
            // Its session was lost: the buddy is asked again once it has been authorized anew.
            entries[entry].download = nil
            if visits[visit].restarts < Collection.restarts { entries[entry].holders.append(visit) }
            if visits[visit].isSettled { restart(visit) }
        default:
            entries[entry].download = nil
        }
    }

    private mutating func restart(_ visit: Int) {
        visits[visit].restarts += 1
        visits[visit].stage = visits[visit].restarts > Collection.restarts ? .refused : .unauthorized
    }

    func repeatsItself(_ token: RequestToken) -> Bool {
        if case .visit(_, let detail) = token { Detail.fetched(detail) != nil } else { false }
    }

    mutating func observeDelay(of token: RequestToken, now: Now) {
        switch token {
        case .search(let node): search?.observeDelay(of: node)
        case .visit(let visit, let detail):
            guard let (entry, chunk) = Detail.fetched(detail), entries[entry].source == visit else { return }
            entries[entry].download?.observeLoss(of: chunk)
        }
    }

    mutating func observeFailure(of token: RequestToken, now: Now) {
        switch token {
        case .search(let node): search?.observeFailure(of: node)
        case .visit(let index, let detail):
            if let (entry, _) = Detail.fetched(detail) {
                if entries[entry].source == index { entries[entry].download = nil }
            } else {
                visits[index].stage = .failed
            }
        }
    }

    // MARK: What the person answers

    mutating func observeChallenge(_ challenge: ChallengeID, to token: RequestToken) {
        if case .visit(let index, _) = token { visits[index].stage = .challenged(challenge) }
    }

    mutating func authorize(_ challenge: ChallengeID, signature: Signature?) -> Bool {
        guard let index = visits.firstIndex(where: { $0.stage == .challenged(challenge) }) else { return false }
        visits[index].stage = signature.map { .authorizing($0) } ?? .refused
        return true
    }

    mutating func fetch(_ envelopes: [EnvelopeID]) {
        if unansweredOffers > 0 { unansweredOffers -= 1 }
        for envelope in envelopes {
            if let index = entries.firstIndex(where: { $0.envelope == envelope }) { entries[index].isWanted = true }
        }
    }

    /// What a request to a visited buddy was, told apart by the number in its token.
    private enum Detail {
        static let challenge = 0
        static let authorize = 1
        static let list = 2

        static func fetch(_ entry: Int, chunk: Int) -> Int { 16 + entry * Limits.chunksPerTransfer + chunk }

        static func fetched(_ detail: Int) -> (entry: Int, chunk: Int)? {
            guard detail >= 16 else { return nil }
            return ((detail - 16) / Limits.chunksPerTransfer, (detail - 16) % Limits.chunksPerTransfer)
        }
    }
}
