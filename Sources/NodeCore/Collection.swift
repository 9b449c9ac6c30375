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
        var pages = 0
        /// Whether it lets itself be asked for envelopes.
        var isAuthorized = false
        /// A session may be lost between two steps: then it starts over, a few times.
        var restarts = 0

        var isSettled: Bool { stage == .listed || stage == .refused || stage == .failed }
    }

    /// Times that a buddy is asked anew after its session was lost.
    private static let restarts = 3
    /// Pages listed from one buddy: what a full mailbox has, and some for one that is emptied meanwhile.
    private static let pages = 2 * Limits.envelopesPerMailbox / Limits.entriesPerPage

    private let id: CommandID
    let identity: IdentityID
    let mailbox: MailboxID
    private let key: BlindedKey
    /// Nil where the buddies were known from before.
    private var search: Search?
    private var visits: [Visit] = []
    private var retrieval = Retrieval()
    private var unoffered: [EnvelopeID] = []
    private var unansweredOffers = 0
    let operation = Activity.Operation.collection
    var searched: Search? { search }

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
        for entry in held { retrieval.add(entry.envelope) }
        unoffered = held.map(\.envelope)
    }

    var command: CommandID? { id }
    var collects: MailboxID? { mailbox }

    mutating func next(now: Now, turns: inout TransferTurns, events: inout [NodeEvent]) -> ProcessStep {
        if let step = nextSearch(now: now) { return step }
        offer(&events)
        if let step = nextListing() ?? nextFetch(&events) { return step }
        guard isListed, unansweredOffers == 0, retrieval.isIdle else {
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
        let visits = visits
        while true {
            switch retrieval.next(isFinal: isListed, isReady: { visits[$0].isAuthorized }) {
            case .request(let envelope, let entry, let chunk, let number, let holder):
                let token = RequestToken.visit(holder, detail: Detail.fetch(entry, number: number))
                return .ask(visits[holder].contact, .fetch(mailbox, envelope, chunk: chunk), token)
            case .whole(let envelope, let bytes):
                events.append(.envelope(id, mailbox: mailbox, envelope, bytes))
            case .unavailable(let envelope):
                events.append(.envelopeUnavailable(id, mailbox: mailbox, envelope))
            case .wait: return nil
            }
        }
    }

    // MARK: What comes of it

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        guard case .visit(let index, let detail) = token else {
            search?.observe(response, body: body, from: context)
            return
        }
        if let (entry, number) = Detail.fetched(detail) {
            observeChunk(response, body: body, entry: entry, number: number, from: index, context)
            return
        }
        guard visits[index].stage == .waiting else { return }
        switch response {
        case .pong where detail == Detail.challenge: visits[index].stage = .unauthorized
        case .granted where detail == Detail.authorize:
            visits[index].isAuthorized = true
            visits[index].stage = .listing(after: nil)
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
            if retrieval.list(listed.envelope, size: listed.size, by: visit) { unoffered.append(listed.envelope) }
        }
        visits[visit].isAuthorized = true
        visits[visit].pages += 1
        let goesOn = more && visits[visit].pages < Collection.pages
        if goesOn, let last { visits[visit].stage = .listing(after: last) } else { visits[visit].stage = .listed }
    }

    private mutating func observeChunk(
        _ response: Response, body: RawSpan, entry: Int, number: Int, from visit: Int, _ context: ResponseContext
    ) {
        switch response {
        case .chunk(let part):
            retrieval.observe(part, body, of: entry, from: visit, number: number, roundTrip: context.measured)
        case .refused(.unauthorized, _):
            // Its session was lost: it is asked again once it has been authorized anew.
            guard retrieval.release(entry, from: visit) else { return }
            visits[visit].isAuthorized = false
            if visits[visit].isSettled { restart(visit) }
        default:
            retrieval.giveUp(entry, from: visit)
        }
    }

    private mutating func restart(_ visit: Int) {
        visits[visit].isAuthorized = false
        visits[visit].restarts += 1
        visits[visit].stage = visits[visit].restarts > Collection.restarts ? .refused : .unauthorized
    }

    func repeatsItself(_ token: RequestToken) -> Bool {
        if case .visit(_, let detail) = token { Detail.fetched(detail) != nil } else { false }
    }

    func timeout(of token: RequestToken) -> Duration? {
        guard case .visit(let visit, let detail) = token, let (entry, _) = Detail.fetched(detail) else { return nil }
        return retrieval.timeout(of: entry, from: visit)
    }

    mutating func observeDelay(of token: RequestToken, now: Now) {
        switch token {
        case .search(let node): search?.observeDelay(of: node)
        case .visit(let visit, let detail):
            guard let (entry, number) = Detail.fetched(detail) else { return }
            retrieval.observeLoss(of: number, of: entry, from: visit)
        }
    }

    mutating func observeFailure(of token: RequestToken, now: Now) {
        switch token {
        case .search(let node): search?.observeFailure(of: node)
        case .visit(let index, let detail):
            if let (entry, _) = Detail.fetched(detail) {
                retrieval.giveUp(entry, from: index)
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
        retrieval.want(envelopes)
    }

    /// What a request to a visited buddy was, told apart by the number in its token.
    private enum Detail {
        static let challenge = 0
        static let authorize = 1
        static let list = 2

        /// More than one transfer ever sends.
        private static let sendings = Limits.sendings(ofChunks: Limits.chunksPerTransfer)

        static func fetch(_ entry: Int, number: Int) -> Int { 16 + entry * sendings + number }

        static func fetched(_ detail: Int) -> (entry: Int, number: Int)? {
            guard detail >= 16 else { return nil }
            return ((detail - 16) / sendings, (detail - 16) % sendings)
        }
    }
}
