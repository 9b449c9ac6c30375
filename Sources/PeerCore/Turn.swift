import Basics
import Conversations
import Cryptography
import Exchange
import Storage

/// What all components of an agent work with during one call: the time, the store, randomness, and what is to be done.
///
/// A component reads the time and the store here, sets its timers, gives the node its commands, and says what is to follow when
/// a write is durable. So there is one order of commands, one of writes, one of messages and one table of timers. What it
/// wants another component to do it returns instead.
struct Turn {
    /// The time of the call.
    private(set) var now: Now
    /// What the driver is to do and to make known: the driver's own during a call.
    private(set) var outbox = PeerOutbox()
    var view: StoreView
    /// For keys, nonces and IDs.
    var secrets: SecureGenerator
    /// Who may read where this person's node is.
    let endpointReaders: EndpointReaders
    /// For times only.
    var jitter: SeededGenerator
    /// The numbers of all messages.
    var numbers = MessageNumbers()
    /// All timers.
    private(set) var agenda = Agenda()
    /// All commands under way.
    private(set) var errands = Errands()
    /// What waits for its writes to be durable, in the order of tickets.
    private var awaited: [(ticket: Ticket, step: AwaitedStep)] = []
    /// What happens on the way, for a driver that wants to tell.
    var steps = DeliverySteps()

    /// What tells whose message an envelope is: kept in step with the conversations in the store.
    private(set) var headerKeys = HeaderKeys()
    /// The conversation that was written down last, as the store has it: many messages of one are read and written in a row.
    private var lastConversation: (peer: PeerID, conversation: Conversation)?
    /// What is known of how this person's data have gone on, in this start of the program.
    private var generation: (number: UInt32, isNewest: Bool) = (0, false)
    private let start: UInt64
    private let startedAt: Instant

    /// What may be done by the civil clock.
    private(set) var clock: ClockGuard
    /// Whether the node has joined the network since it started.
    private(set) var isJoined = false
    /// Whether the program is about to end, so that nothing gathers, and receipts take both ways at once.
    private(set) var isLeaving = false

    /// `seed` is secret and never used twice.
    init(store: any StoreReader, endpointReaders: EndpointReaders, seed: Bytes32, now: Now) {
        self.now = now
        self.endpointReaders = endpointReaders
        view = StoreView(base: store)
        secrets = SecureGenerator(seed: seed)
        jitter = SeededGenerator(seed: secrets.next())
        start = secrets.next()
        startedAt = now.monotonic
        clock = ClockGuard(now)
    }

    // MARK: The coordinator's side

    /// Begins a call. The outbox is the driver's until it is swapped back.
    mutating func begin(_ now: Now, _ outbox: inout PeerOutbox) {
        begin(now)
        swap(&self.outbox, &outbox)
    }

    /// Ends a call.
    mutating func end(_ outbox: inout PeerOutbox) { swap(&self.outbox, &outbox) }

    /// Begins a call that has the node do nothing.
    mutating func begin(_ now: Now) {
        self.now = now
        clock.look(now)
    }

    /// The node says how far the clock can be relied on.
    mutating func report(_ standing: ClockStanding) -> ClockGuard.News { clock.report(standing, now) }

    mutating func delayErasure(bySeconds seconds: Int64) { clock.delayErasure(bySeconds: seconds) }

    mutating func nodeHasJoined() { isJoined = true }

    mutating func programIsLeaving() { isLeaving = true }

    /// A batch of writes is durable, or lost with all that was written since. Returns the steps that waited for it, in order.
    mutating func resolveWrites(through ticket: Ticket, _ result: CommitResult) -> [AwaitedStep] {
        let completed = view.complete(through: ticket, result)
        if result != .committed { lastConversation = nil }
        let count = awaited.prefix { $0.ticket <= completed }.count
        defer { awaited.removeFirst(count) }
        return awaited[..<count].map(\.step)
    }

    mutating func popDue() -> AgendaItem? { agenda.popDue(now.monotonic) }

    mutating func removeAllTimers() { agenda.removeAll() }

    /// The store is read anew.
    mutating func loadConversations() {
        headerKeys = view.allHeaderKeys()
        lastConversation = nil
    }

    /// Has the node end all that is under way.
    mutating func cancelAll() {
        for id in errands.removeAll() { outbox.commands.append((errands.unanswered(), .cancel(id))) }
    }

    // MARK: The clock

    /// The time by which to do what can't be undone; nil while none of that may be done.
    var erasingTime: UnixTime? { clock.erasingTime(now) }

    // MARK: Conversations

    /// The conversation with a peer; a new one where there is none.
    func conversation(with peer: PeerID) -> Conversation {
        if let lastConversation, lastConversation.peer == peer { return lastConversation.conversation }
        return view.conversation(with: peer)
    }

    /// Writes a conversation down where it has changed, in the batch of the message that has changed it.
    mutating func putConversation(with peer: PeerID, _ conversation: Conversation) {
        if conversation != self.conversation(with: peer) { view.putConversation(with: peer, conversation) }
        lastConversation = (peer, conversation)
        headerKeys.update(peer, conversation)
    }

    /// What the keys of a first message have agreed on is kept for the next of its session, as long as it is in memory.
    mutating func remember(_ agreement: FirstAgreement) { headerKeys.remember(agreement) }

    /// Prekeys are erased, and with them what was agreed on with them.
    mutating func forgetAgreements() { headerKeys.forgetAgreements() }

    /// The generation of this person's data, and whether these are known to be the newest.
    mutating func stand(in generation: UInt32, isNewest: Bool) { self.generation = (generation, isNewest) }

    /// What sessions need to know of this person's data.
    var standing: OwnStanding {
        OwnStanding(
            generation: generation.number, start: start, isNewest: generation.isNewest, erasingDay: erasingTime?.day)
    }

    /// Whether it is known in which sessions to send. A start that didn't wait for that would open new ones each time, and a
    /// recipient who is away would find more than they can keep. Where there are none yet, and where nobody answers for
    /// long, new ones are right.
    var knowsSessions: Bool {
        generation.isNewest || headerKeys.count == 0 || now.monotonic - startedAt >= Limits.ownRecordPatience
    }

    /// Erases the keys of messages that can't come any more, of conversations that nothing happened in lately.
    mutating func tidyConversations() {
        for peer in view.peersInConversation() {
            let former = view.conversation(with: peer)
            var conversation = former
            conversation.tidy(by: standing.erasingDay)
            if conversation != former { view.putConversation(with: peer, conversation) }
        }
        loadConversations()
    }

    // MARK: Timers

    /// Sets the time of an item, whether it had one or not.
    mutating func schedule(_ item: AgendaItem, in delay: Duration) { agenda.set(item, at: now.monotonic + delay) }

    /// Sets the time of an item, unless it is due earlier anyway.
    mutating func hasten(_ item: AgendaItem, in delay: Duration) {
        let instant = now.monotonic + delay
        if agenda.time(of: item).map({ instant < $0 }) ?? true { agenda.set(item, at: instant) }
    }

    mutating func unschedule(_ item: AgendaItem) { agenda.remove(item) }

    // MARK: Writes

    /// Has a step done when a write is durable.
    mutating func after(_ ticket: Ticket, _ step: AwaitedStep) { awaited.append((ticket, step)) }

    // MARK: Commands

    /// Gives the node a command that is to be answered.
    @discardableResult
    mutating func command(_ command: NodeCommand, for errand: Errand) -> CommandID {
        let id = errands.begin(errand)
        outbox.commands.append((id, command))
        return id
    }

    /// Gives the node a command that nothing answers.
    mutating func command(_ command: NodeCommand) { outbox.commands.append((errands.unanswered(), command)) }

    /// Answers what the node asks about a command under way.
    mutating func answer(_ id: CommandID, _ command: NodeCommand) { outbox.commands.append((id, command)) }

    /// Answers the sender of a direct delivery.
    mutating func answer(_ delivery: DeliveryID, _ answer: DeliveryAnswer) {
        command(.resolveDelivery(delivery, answer))
    }

    /// A command was answered for the last time.
    mutating func end(_ id: CommandID) { errands.end(id) }

    /// Has the node end what is under way for this. Returns whether anything was.
    @discardableResult
    mutating func cancel(_ errand: Errand) -> Bool {
        guard let id = errands.remove(errand) else { return false }
        command(.cancel(id))
        return true
    }

    // MARK: Simulations

    /// A mark was reached, if there is one.
    mutating func mark(_ mark: Mark?) {
        if let mark { outbox.marks.count(mark) }
    }

    /// Whether a rare path is to be taken now.
    func buggifies(_ point: Buggify.Point) -> Bool { outbox.buggify.fires(point, at: now.monotonic) }

    // MARK: News

    mutating func notify(_ notice: PeerNotice) { outbox.notices.append(notice) }

    mutating func count(_ event: PeerActivity.Event) { outbox.activity.count(event) }

    mutating func countDelivery(after seconds: Int64) { outbox.activity.countDelivery(after: seconds) }
}
