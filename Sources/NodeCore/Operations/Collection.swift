import Basics
import Exchange
import Sessions
import Wire

/// Reading a mailbox of one's own: authorize with each buddy, list what it holds, fetch what is wanted.
///
/// The lists of all buddies are united: any one of them may have missed a deposit, or hide it. An envelope is fetched
/// from one holder after another until its bytes have its hash. What this node keeps itself is offered first; the node
/// answers for it without asking another.
struct Collection {
    /// The stage that one buddy has reached.
    private enum Stage: Equatable {
        case unauthorized
        case challenged(ChallengeID)
        case authorizing(Signature)
        /// It is asked for what it holds next, or before that to announce what comes.
        case authorized
        case listing(after: EnvelopeID?)
        case waiting
        case listed
        case refused
        case failed
    }

    /// Whether one buddy announces what comes.
    private enum Subscription { case none, granted, declined }

    private struct Attempt {
        let contact: Contact
        var stage = Stage.unauthorized
        var pages = 0
        /// Whether it accepts requests for envelopes.
        var isAuthorized = false
        /// A session may be lost between two steps: then the attempt starts over, a few times.
        var restarts = 0
        var subscription = Subscription.none

        var isOver: Bool { stage == .listed || stage == .refused || stage == .failed }

        var mayAnnounce: Bool { stage != .refused && stage != .failed && subscription != .declined }
    }

    /// How often a buddy is asked again after its session was lost.
    private static let restarts = 3
    /// Pages listed from one buddy: what a full mailbox has, and some for one that is emptied meanwhile.
    private static let pages = 2 * Limits.envelopesPerMailbox / Limits.entriesPerPage

    let command: CommandID
    let identity: IdentityID
    let mailbox: MailboxID
    private let key: BlindedKey
    /// Where buddies are asked to announce what comes into the mailbox: the number by which one of them is drawn.
    private let draw: UInt64?
    /// How many are to.
    private let announcers: Int
    /// Where none is drawn: those that announced it and want a new proof. They are asked to go on.
    private let renewing: [NodeID]
    /// Whether it gets only what was announced.
    private let isOfAnnounced: Bool
    private var attempts: [Attempt] = []
    private var retrieval = Retrieval()
    private var unoffered: [EnvelopeID] = []
    private var unansweredOffers = 0
    private var reached = MarkSet()

    /// Marks reached since it began, those of its downloads included.
    var marks: MarkSet {
        var marks = retrieval.marks
        marks.formUnion(reached)
        return marks
    }

    /// `buddies` are those known from before; `draw` is there where so many `announcers` are to announce what comes, and where it isn't
    /// those go on that are `renewing`; `held` is what this node itself keeps in the mailbox.
    init(
        command: CommandID, identity: IdentityID, mailbox: MailboxID, key: BlindedKey, buddies: [Contact],
        draw: UInt64?, announcers: Int, renewing: [NodeID], held: [MailboxEntry]
    ) {
        self.init(
            command, identity, mailbox, key, draw: draw, announcers, renewing: renewing, isOfAnnounced: false, held)
        // The session with them may be authorized from the last time: they say so if it isn't.
        attempts = buddies.map { Attempt(contact: $0, stage: .authorized) }
    }

    /// Gets what buddies have `announced`; one that has announced as much as it may at once is asked for its list.
    init(
        command: CommandID, identity: IdentityID, mailbox: MailboxID, key: BlindedKey, announced: [Watches.Announced],
        held: [MailboxEntry]
    ) {
        self.init(command, identity, mailbox, key, draw: nil, 0, renewing: [], isOfAnnounced: true, held)
        for (index, announced) in announced.enumerated() {
            let isAll = announced.entries.count < Limits.entriesPerPage
            attempts.append(
                Attempt(contact: announced.buddy, stage: isAll ? .listed : .authorized, isAuthorized: true))
            for entry in announced.entries where retrieval.list(entry.envelope, size: entry.size, by: index) {
                unoffered.append(entry.envelope)
            }
        }
    }

    private init(
        _ command: CommandID, _ identity: IdentityID, _ mailbox: MailboxID, _ key: BlindedKey, draw: UInt64?,
        _ announcers: Int, renewing: [NodeID], isOfAnnounced: Bool, _ held: [MailboxEntry]
    ) {
        self.command = command
        self.identity = identity
        self.mailbox = mailbox
        self.key = key
        self.draw = draw
        self.announcers = announcers
        self.renewing = renewing
        self.isOfAnnounced = isOfAnnounced
        for entry in held { retrieval.add(entry.envelope) }
        unoffered = held.map(\.envelope)
    }

    mutating func addClosest(of search: Search) {
        attempts += search.closest(besides: attempts.lazy.map(\.contact)).map { Attempt(contact: $0) }
    }

    mutating func next(search: Search?, events: inout [NodeEvent]) -> OperationStep {
        // Whether all buddies there are have listed all that they hold, or won't.
        let isListed = search?.isFinished ?? true && attempts.allSatisfy(\.isOver)
        offer(&events)
        if let step = nextListing() ?? nextFetch(isFinal: isListed, &events) { return step }
        guard isListed, unansweredOffers == 0, retrieval.isIdle else {
            return .wait(until: nil)
        }
        let opened = attempts.count { $0.stage == .listed }
        events.append(.collectFinished(command, mailbox: mailbox, Tally(done: opened, found: attempts.count)))
        return .finished
    }

    /// What the next collection of this mailbox may begin with; nil where most of those known before have answered.
    func finding(hasSearched: Bool) -> KnownBuddies.Finding? {
        guard !isOfAnnounced else { return nil }
        if hasSearched { return .found(attempts.map(\.contact)) }
        return attempts.count { $0.stage == .listed } * 2 > attempts.count ? nil : .lost
    }

    private mutating func offer(_ events: inout [NodeEvent]) {
        guard !unoffered.isEmpty else { return }
        events.append(.offer(command, mailbox: mailbox, unoffered))
        unoffered.removeAll()
        unansweredOffers += 1
    }

    private mutating func nextListing() -> OperationStep? {
        let announcers = chooseAnnouncers()
        for index in attempts.indices {
            let contact = attempts[index].contact
            let isToAnnounce = attempts[index].subscription == .none && announcers.contains(index)
            switch attempts[index].stage {
            case .unauthorized:
                attempts[index].stage = .waiting
                return .challenge(contact, attempt: index)
            case .authorizing(let signature):
                attempts[index].stage = .waiting
                let request = Request.authorize(mailbox, key: key, signature)
                return .ask(contact, request, .question(.authorization, attempt: index))
            case .authorized where isToAnnounce, .listed where isToAnnounce:
                attempts[index].stage = .waiting
                let request = Request.subscribe(mailbox, seconds: Limits.subscriptionSeconds)
                return .ask(contact, request, .question(.subscription, attempt: index))
            case .authorized:
                attempts[index].stage = .waiting
                return .ask(contact, .list(mailbox, after: nil), .question(.page, attempt: index))
            case .listing(let after):
                attempts[index].stage = .waiting
                return .ask(contact, .list(mailbox, after: after), .question(.page, attempt: index))
            case .challenged, .waiting, .listed, .refused, .failed: continue
            }
        }
        return nil
    }

    /// The buddies that are to announce what comes: those closest to the mailbox that may agree, and one drawn from the others. They are
    /// asked before they list what they hold, so that nothing comes between the two unseen.
    private func chooseAnnouncers() -> [Int] {
        guard let draw else {
            return attempts.indices.filter { attempts[$0].mayAnnounce && renewing.contains(attempts[$0].contact.id) }
        }
        let candidates = attempts.indices.filter { attempts[$0].mayAnnounce }.sorted {
            attempts[$0].contact.id.distance(to: mailbox.bytes) < attempts[$1].contact.id.distance(to: mailbox.bytes)
        }
        let closest = candidates.prefix(max(0, announcers - 1))
        let drawn = candidates.dropFirst(closest.count).min { rank($0, draw) < rank($1, draw) }
        return closest + (drawn.map { [$0] } ?? [])
    }

    /// An order of buddies by chance that nobody else can foresee, and that is the same at each look.
    private func rank(_ index: Int, _ draw: UInt64) -> UInt64 {
        let (high, low) = (attempts[index].contact.id.bytes.words.3 ^ draw).multipliedFullWidth(
            by: 0x9e37_79b9_7f4a_7c15)
        return high ^ low
    }

    private mutating func nextFetch(isFinal: Bool, _ events: inout [NodeEvent]) -> OperationStep? {
        let attempts = attempts
        while true {
            switch retrieval.next(isFinal: isFinal, isReady: { attempts[$0].isAuthorized }) {
            case .request(let envelope, let entry, let chunk, let number, let holder):
                let token = RequestToken.envelopeChunk(attempt: holder, entry: entry, sending: number)
                return .ask(attempts[holder].contact, .fetch(mailbox, envelope, chunk: chunk), token)
            case .whole(let envelope, let bytes):
                events.append(.envelope(command, mailbox: mailbox, envelope, bytes))
            case .unavailable(let envelope):
                reached.insert(.listedEnvelopeUnavailable)
                events.append(.envelopeUnavailable(command, mailbox: mailbox, envelope))
            case .wait: return nil
            }
        }
    }

    // MARK: What comes of it

    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        switch token {
        case .envelopeChunk(let index, let entry, let number):
            observeChunk(response, body: body, entry: entry, number: number, from: index, context)
        case .question(let question, let index):
            observeAnswer(response, body: body, to: question, from: index)
        case .search, .chunk, .comparison: break
        }
    }

    private mutating func observeAnswer(
        _ response: Response, body: RawSpan, to question: RequestToken.Question, from index: Int
    ) {
        guard attempts[index].stage == .waiting else { return }
        switch response {
        case .pong where question == .session: attempts[index].stage = .unauthorized
        case .granted where question == .authorization:
            attempts[index].isAuthorized = true
            attempts[index].stage = .authorized
        case .subscribed(let seconds) where question == .subscription:
            attempts[index].subscription = seconds > 0 ? .granted : .declined
            attempts[index].stage = .authorized
        case .page(let page, let more) where question == .page:
            observePage(page, more: more, body: body, from: index)
        case .refused(.unauthorized, _) where question == .page || question == .subscription: restart(index)
        case .refused where question == .subscription:
            attempts[index].subscription = .declined
            attempts[index].stage = .authorized
        case .refused: attempts[index].stage = .refused
        default: attempts[index].stage = .failed
        }
    }

    private mutating func observePage(_ page: ByteRange, more: Bool, body: RawSpan, from attempt: Int) {
        var last: EnvelopeID?
        var reader = EntryReader(page)
        while let listed = reader.next(in: body) {
            last = listed.envelope
            if retrieval.list(listed.envelope, size: listed.size, by: attempt) { unoffered.append(listed.envelope) }
        }
        attempts[attempt].isAuthorized = true
        attempts[attempt].pages += 1
        let goesOn = more && attempts[attempt].pages < Collection.pages
        if more { reached.insert(goesOn ? .listGoesOn : .listTooLong) }
        attempts[attempt].stage = goesOn && last != nil ? .listing(after: last) : .listed
    }

    private mutating func observeChunk(
        _ response: Response, body: RawSpan, entry: Int, number: Int, from attempt: Int, _ context: ResponseContext
    ) {
        switch response {
        case .chunk(let part):
            retrieval.observe(part, body, of: entry, from: attempt, number: number, roundTrip: context.measured)
        case .refused(.unauthorized, _):
            // Its session was lost: it is asked again after a new authorization.
            guard retrieval.release(entry, from: attempt) else { return }
            attempts[attempt].isAuthorized = false
            if attempts[attempt].isOver { restart(attempt) }
        default:
            retrieval.giveUp(entry, from: attempt)
        }
    }

    private mutating func restart(_ attempt: Int) {
        attempts[attempt].subscription = .none
        attempts[attempt].isAuthorized = false
        attempts[attempt].restarts += 1
        reached.insert(attempts[attempt].restarts > Collection.restarts ? .readerGivesUp : .readerAuthorizesAgain)
        attempts[attempt].stage = attempts[attempt].restarts > Collection.restarts ? .refused : .unauthorized
    }

    func timeout(of token: RequestToken) -> Duration? {
        guard case .envelopeChunk(let attempt, let entry, _) = token else { return nil }
        return retrieval.timeout(of: entry, from: attempt)
    }

    mutating func observe(_ silence: Silence, of token: RequestToken) {
        switch (token, silence) {
        case (.envelopeChunk(let attempt, let entry, let number), .late):
            retrieval.observeLoss(of: number, of: entry, from: attempt)
        case (.envelopeChunk(let attempt, let entry, _), .final): retrieval.giveUp(entry, from: attempt)
        case (.question(_, let attempt), .final): attempts[attempt].stage = .failed
        case (.question, .late), (.search, _), (.chunk, _), (.comparison, _): break
        }
    }

    // MARK: What the person answers

    mutating func observeChallenge(_ challenge: ChallengeID, attempt: Int) {
        attempts[attempt].stage = .challenged(challenge)
    }

    mutating func authorize(_ challenge: ChallengeID, signature: Signature?) -> Bool {
        guard let index = attempts.firstIndex(where: { $0.stage == .challenged(challenge) }) else { return false }
        attempts[index].stage = signature.map { .authorizing($0) } ?? .refused
        return true
    }

    mutating func fetch(_ envelopes: [EnvelopeID]) {
        if unansweredOffers > 0 { unansweredOffers -= 1 }
        retrieval.want(envelopes)
    }
}
