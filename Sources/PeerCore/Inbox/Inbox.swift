import Basics
import Conversations
import Exchange
import Storage
import Wire

/// Takes in what comes, whether from a mailbox or directly from a sender: exactly once, and durably before anything is
/// reported.
struct Inbox {
    /// The person whose inbox it is.
    private let id: PeerID
    private let cipher: EnvelopeCipher
    private var count: UInt64 = 0
    private var order = InboxOrder()
    /// What is being made durable, in the order of tickets.
    private var arriving: [(ticket: Ticket, arrival: Arrival)] = []
    private var slowStart = SlowStart()
    /// Messages of blocked peers since the program started.
    private var dropped = 0

    /// Messages of blocked peers that are remembered, for one start of the program: some hundred bytes each, for two weeks. Beyond
    /// that, what comes after an unblocking may have to wait for what was dropped.
    private static let droppedRemembered = 10_000

    /// An envelope that is still offered so many seconds after its receipt: the receipt may have been lost.
    private static let repetitionSeconds: Int64 = 3_600

    init(cipher: EnvelopeCipher) {
        id = cipher.peer
        self.cipher = cipher
    }

    /// Begins with what the store holds.
    mutating func load(_ turn: inout Turn) {
        count = turn.view.number(.profile, ProfileTable.inboxCount)
        arriving = []
        order.load(&turn)
    }

    // MARK: What the person sees

    /// Messages in the inbox, those included that are not shown yet.
    var messages: Int { Int(clamping: count) }

    /// Whether the person may write to themselves.
    var isFull: Bool { count >= Limits.inboxMessages }

    /// Received messages in conversation order, or with `since` in the order of arrival, as they stand on disk and without
    /// those that are withheld at this time. `isIndexed`: whether conversations hold all messages.
    func messages(_ filter: InboxFilter, isIndexed: Bool, _ turn: Turn, _ now: UnixTime) -> [IncomingMessage] {
        let withheld = filter.since == nil ? order.withheld(now, turn.view) : []
        var page = InboxPage(filter)
        page.read(turn.view.durable, upTo: turn.numbers.readable, isIndexed: isIndexed, withheld: withheld)
        return page.messages
    }

    /// The messages that are on disk and not to be shown at this time.
    func withheld(_ now: UnixTime, _ view: StoreView) -> Set<InboxPosition> { order.withheld(now, view) }

    /// Marks received messages read. Returns the receipts that are due for it, and whose messages were marked. `hears`: whether a peer,
    /// about whom this is decided, may hear of it.
    func markRead(
        _ references: [InboxReference], telling hears: (PeerID, PeerStanding) -> Bool, _ turn: inout Turn
    ) -> (receipts: [DueReceipt], peers: [PeerID]) {
        var receipts: [DueReceipt] = []
        var peers: [PeerID] = []
        for position in turn.view.positions(of: references) {
            guard var entry = turn.view.inboxEntry(position), !entry.isRead else { continue }
            let standing = turn.view.standing(of: position.from, with: id)
            let isTold = turn.view.tellsOfReading && hears(position.from, standing)
            (entry.isRead, entry.isReadPrivately) = (true, !isTold)
            turn.view.put(.inbox, InboxTable.orderKey(position), entry.encoded)
            turn.view.remove(.inbox, InboxTable.unreadKey(position))
            turn.view.countRead(position)
            if !peers.contains(position.from) { peers.append(position.from) }
            guard isTold, position.from != id, !turn.view.isBlocked(position.from) else { continue }
            receipts.append(DueReceipt(to: position.from, message: position.id, isRead: true))
        }
        return (receipts, peers)
    }

    /// The outcome of a request to delete messages.
    struct Deletion {
        let count: Int
        /// Whose they were.
        let peers: [PeerID]
        /// Whether there is room again for what found none.
        let makesRoom: Bool
    }

    /// Deletes received messages; those that are not shown yet stay. That they came is remembered for as long as a copy could, so
    /// that none comes back.
    mutating func delete(_ references: [InboxReference], _ turn: inout Turn) -> Deletion {
        var deleted = 0
        var peers: [PeerID] = []
        for position in turn.view.positions(of: references) {
            guard !order.isUnshown(position), turn.view.inboxEntry(position) != nil else { continue }
            turn.view.removeFromHistory(position, with: position.from)
            turn.view.removeIntroduction(at: position)
            turn.view.removeReceived(position, forgottenFrom: Inbox.dayWithoutCopies(turn.now.utc))
            turn.mark(.receivedMessageDeleted)
            if !peers.contains(position.from) { peers.append(position.from) }
            deleted += 1
        }
        let makesRoom = deleted > 0 && room(turn.view) <= 0
        count -= min(count, UInt64(deleted))
        turn.view.putNumber(.profile, ProfileTable.inboxCount, count)
        return Deletion(count: deleted, peers: peers, makesRoom: makesRoom)
    }

    // MARK: What is offered

    /// How many more messages may be taken in now, as far as the inbox and the disk are concerned.
    func room(_ view: StoreView) -> Int {
        guard view.pendingBytes < Limits.pendingBytes else { return 0 }
        return min(Limits.inboxMessages - Int(clamping: count), slowStart.room(underWay: arriving.count))
    }

    /// A batch found the disk full: less is taken in at once for a while.
    mutating func observeFullDisk() { slowStart.observeFullDisk() }

    /// An envelope that a buddy still offers though it is done.
    struct DoneEnvelope {
        let envelope: EnvelopeID
        let expiry: Day
        let entry: DoneEntry
    }

    /// Divides the offered envelopes into those not known yet and those that are done. What is being made durable is
    /// neither; it is remembered that it lies in a mailbox.
    mutating func sort(_ envelopes: [EnvelopeID], _ turn: inout Turn) -> (new: [EnvelopeID], done: [DoneEnvelope]) {
        var new: [EnvelopeID] = []
        var done: [DoneEnvelope] = []
        for envelope in envelopes {
            if let index = arriving(envelope) {
                arriving[index].arrival.isInMailbox = true
            } else if let found = turn.view.doneEnvelope(envelope, in: turn.now.utc.envelopeDays) {
                guard !done.contains(where: { $0.envelope == envelope }) else { continue }
                done.append(DoneEnvelope(envelope: envelope, expiry: found.day, entry: found.entry))
            } else {
                new.append(envelope)
            }
        }
        return (new, done)
    }

    /// A buddy still offers an envelope that is done: perhaps its sender never heard that it has arrived. Returns the receipt that is
    /// to be repeated.
    func repeatedReceipt(for done: DoneEnvelope, _ turn: inout Turn) -> DueReceipt? {
        guard let message = done.entry.message, let sender = done.entry.sender, sender != id,
            !turn.view.isBlocked(sender)
        else { return nil }
        let now = turn.now.utc
        if let last = done.entry.receiptAt, (0..<Inbox.repetitionSeconds).contains(now.seconds(since: last)) {
            return nil
        }
        turn.mark(.receiptRepeated)
        var repeated = done.entry
        repeated.receiptAt = now
        turn.view.put(.inbox, InboxTable.doneKey(done.expiry, done.envelope), repeated.encoded)
        return DueReceipt(to: sender, message: message, isRead: turn.view.isToldRead(message, from: sender))
    }

    private func arriving(_ envelope: EnvelopeID) -> Int? {
        arriving.firstIndex { $0.arrival.envelope == envelope }
    }

    // MARK: Taking in

    /// What `open` finds.
    enum Opening {
        /// A letter, to be given to `store`.
        case letter(Letter)
        /// Nothing that is to be taken in now.
        case nothing(OpenOutcome)
    }

    /// Opens an envelope that was sealed for a mailbox of this person.
    mutating func open(
        _ bytes: [UInt8], _ envelope: EnvelopeID, mailbox location: MailboxID, epoch: Epoch, prekeys: PrekeyRing,
        delivery: DeliveryID?, _ turn: inout Turn
    ) -> Opening {
        if let index = arriving(envelope) {
            if let delivery {
                arriving[index].arrival.deliveries.append(delivery)
            } else {
                arriving[index].arrival.isInMailbox = true
            }
            turn.mark(.envelopeComesWhileWritten)
            return .nothing(.underWay)
        }
        let days = turn.now.utc.envelopeDays
        if let done = turn.view.doneEnvelope(envelope, in: days) {
            turn.mark(.envelopeComesAgain)
            return .nothing(done.entry.outcome(on: done.day, isDirect: delivery != nil))
        }
        guard let header = try? EnvelopeHeader(decoding: bytes.span.bytes) else {
            turn.mark(.envelopeUnreadable)
            return .nothing(.unopened(days.upperBound, isEvidence: false))
        }
        guard days.contains(header.expiry) else {
            // While the clock is in doubt nothing is thrown out. Nor is what is ahead of its time: then some clock is
            // behind, perhaps ours.
            let isOver = turn.erasingTime.map { header.expiry < $0.envelopeDays.lowerBound } ?? false
            turn.mark(isOver ? .envelopePastItsTime : .envelopeOfDoubtfulTime)
            return .nothing(isOver ? .useless(header.expiry) : .undated)
        }
        guard room(turn.view) > 0, !turn.buggifies(.inboxBusy) else {
            turn.mark(.inboxHasNoRoom)
            return .nothing(.notNow)
        }
        do {
            let opened = try Conversation.open(
                bytes, mailbox: location, prekeys: prekeys, headerKeys: turn.headerKeys, as: turn.standing,
                today: turn.now.utc.day, with: cipher
            ) {
                turn.view.conversation(with: $0)
            }
            return .letter(
                Letter(opened: opened, envelope: envelope, epoch: epoch, expiry: header.expiry, delivery: delivery))
        } catch {
            turn.mark(error.mark)
            guard !error.isConclusive else { return .nothing(.useless(header.expiry)) }
            // A sender who delivers directly hears of it.
            let isEvidence = delivery == nil && isSigned(bytes, for: location, epoch)
            return .nothing(.unopened(header.expiry, isEvidence: isEvidence))
        }
    }

    /// Whether somebody whom this person has accepted has signed an envelope for one of their mailboxes.
    private func isSigned(_ envelope: [UInt8], for mailbox: MailboxID, _ epoch: Epoch) -> Bool {
        let signer = cipher.deliverySecret.signer(in: epoch, suite: cipher.suite)
        return MailboxPolicy(deliveryKeys: [signer.publicKey]).accepts(envelope, in: mailbox, suite: cipher.suite)
    }

    /// Writes what a letter brings, in the batch that also says that its envelope is done. Returns the receipt that is due for it.
    mutating func store(_ letter: Letter, _ turn: inout Turn) -> DueReceipt? {
        let (sender, content) = (letter.opened.sender, letter.opened.content)
        var arrival = Arrival(
            envelope: letter.envelope, epoch: letter.epoch, expiry: letter.expiry,
            isInMailbox: letter.delivery == nil, deliveries: letter.delivery.map { [$0] } ?? [])
        var done = DoneEntry()
        var receipt: DueReceipt?
        if !isFromNobody(letter, turn) {
            turn.putConversation(with: sender, letter.opened.conversation)
            if let secret = content.deliverySecret { turn.view.putDeliverySecret(secret, of: sender) }
        }
        switch content.body {
        case .text, .unknown:
            guard !turn.view.isBlocked(sender) else {
                drop(content, from: sender, &turn)
                // Its sender goes on to the mailbox, where it is collected like any other.
                arrival.answer = OpenOutcome.refusal
                done.isDropped = true
                break
            }
            done = DoneEntry(message: content.id, sender: sender)
            let renaming = content.name.flatMap { turn.view.putClaimedName($0, of: sender, now: turn.now.utc) }
            // What was dropped is as good as any other when it comes again.
            let lastDay = Inbox.dayWithoutCopies(turn.now.utc)
            turn.view.forgetDropped(content.id, from: sender, days: turn.now.utc.day...lastDay)
            if !turn.view.hasReceived(content.id, from: sender) {
                let via: Via = arrival.isInMailbox ? .mailbox : .direct
                arrival.position = write(
                    content, from: sender, via: via, renaming, isFirst: letter.opened.isFirst, &turn)
            } else {
                turn.mark(.messageComesInAnotherEnvelope)
            }
            // For a direct delivery, its acceptance is the receipt.
            guard arrival.isInMailbox, sender != id else { break }
            done.receiptAt = turn.now.utc
            arrival.owed = sender
            receipt = DueReceipt(
                to: sender, message: content.id, isRead: turn.view.isToldRead(content.id, from: sender))
        case .receipt: break
        }
        let ticket = turn.view.put(.inbox, InboxTable.doneKey(letter.expiry, letter.envelope), done.encoded)
        expect(arrival, ticket, &turn)
        return receipt
    }

    /// Whether these are receipts of somebody with whom there is no conversation: nothing that was sent can be meant, and nothing is
    /// kept of them. Receipts count against no bound of the inbox.
    private func isFromNobody(_ letter: Letter, _ turn: Turn) -> Bool {
        if case .receipt = letter.opened.content.body {
            !turn.view.hasConversation(with: letter.opened.sender)
        } else {
            false
        }
    }

    /// Remembers that a message of a blocked peer came: later ones don't wait for it.
    private mutating func drop(_ content: Content, from sender: PeerID, _ turn: inout Turn) {
        guard !turn.view.hasReceived(content.id, from: sender), dropped < Inbox.droppedRemembered else { return }
        dropped += 1
        let position = InboxPosition(lamport: content.lamport, from: sender, id: content.id)
        turn.view.putDropped(position, forgottenFrom: Inbox.dayWithoutCopies(turn.now.utc))
    }

    /// From that day on no copy of what has come by now can come.
    private static func dayWithoutCopies(_ now: UnixTime) -> Day {
        now.day.advanced(by: Limits.envelopeDaysAccepted + 1)
    }

    /// Takes in what the person writes to themselves. It is shown once the write of this ticket is durable, which writes it to the
    /// outbox as well.
    mutating func storeOwn(_ content: Content, _ turn: inout Turn) -> InboxPosition {
        write(content, from: id, via: .direct, nil, isFirst: false, &turn)
    }

    /// The write with which a message to oneself is durable.
    mutating func expectOwn(_ position: InboxPosition, _ ticket: Ticket, _ turn: inout Turn) {
        expect(Arrival(position: position), ticket, &turn)
    }

    private mutating func expect(_ arrival: Arrival, _ ticket: Ticket, _ turn: inout Turn) {
        arriving.append((ticket, arrival))
        turn.after(ticket, .arrival(ticket))
    }

    /// Writes a new message into the inbox. It is shown when it is durable and its turn has come.
    private mutating func write(
        _ content: Content, from sender: PeerID, via: Via, _ renaming: Renaming?, isFirst: Bool, _ turn: inout Turn
    ) -> InboxPosition {
        let position = InboxPosition(lamport: content.lamport, from: sender, id: content.id)
        var entry = InboxEntry(sentAt: content.sentAt, receivedAt: turn.now.utc, via: via)
        entry.arrival = order.add(position, after: content.parent, isFirst: isFirst, &turn)
        entry.renaming = renaming
        entry.introduction = cipher.introduction(in: content, from: sender)
        if let card = entry.introduction {
            let isAccepted = turn.view.standing(of: sender, with: id) == .accepted
            turn.view.putIntroduction(
                of: card.peer, at: position, sentAt: entry.sentAt, isByAccepted: isAccepted)
        }
        turn.view.putReceived(content, from: sender, entry)
        turn.view.addToHistory(
            position, with: sender, .received, at: entry.receivedAt, number: entry.arrival, isUnread: true)
        count += 1
        turn.view.putNumber(.profile, ProfileTable.inboxCount, count)
        return position
    }

    /// What came with this ticket is durable: now, and not before, all that wait for it are told. Returns what other
    /// components are to do about it; `showArrived` is to be called with it then.
    mutating func arrivalIsDurable(_ ticket: Ticket, _ turn: inout Turn) -> Arrival? {
        guard let index = arriving.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        let arrival = arriving.remove(at: index).arrival
        slowStart.observeDurable()
        for delivery in arrival.deliveries { turn.answer(delivery, arrival.answer) }
        return arrival
    }

    /// Shows what has arrived, as far as its turn has come.
    mutating func showArrived(_ arrival: Arrival, _ turn: inout Turn) {
        if let position = arrival.position { order.becameDurable(position, &turn) }
    }

    /// What came with this ticket is lost: the waiting senders are told.
    mutating func arrivalIsLost(_ ticket: Ticket, _ turn: inout Turn) {
        guard let index = arriving.firstIndex(where: { $0.ticket == ticket }) else { return }
        turn.mark(.arrivalLost)
        for delivery in arriving.remove(at: index).arrival.deliveries { turn.answer(delivery, .refused(.nodeFull)) }
    }

    // MARK: Time

    /// It is time to show what was withheld for long enough.
    mutating func orderingIsDue(_ turn: inout Turn) { order.showDue(&turn) }

    mutating func numberingIsDue(_ turn: inout Turn) { order.numberOldMessages(&turn) }

    mutating func lateNumberIsDurable(_ position: InboxPosition, _ arrival: UInt64, _ turn: inout Turn) {
        order.lateNumberIsDurable(position, arrival, &turn)
    }

    mutating func oldNumbersAreDurable(through last: UInt64, _ turn: inout Turn) {
        order.oldNumbersAreDurable(through: last, &turn)
    }

    /// Marks mail that was discarded unopened as done. The buddies are told when that is durable.
    func writeDone(_ entries: [UnopenedEntry], _ turn: inout Turn) {
        for entry in entries {
            let done = DoneEntry(isUnopened: true)
            let ticket = turn.view.put(.inbox, InboxTable.doneKey(entry.expiry, entry.envelope), done.encoded)
            turn.after(ticket, .unopenedDiscard(entry))
        }
    }

    /// Forgets envelopes that are done and deleted messages, of which no copy can come any more. Returns how many, at most as many as
    /// one sweep may.
    func forgetOutdated(by time: UnixTime, _ turn: inout Turn) -> Int {
        max(
            turn.view.forgetDone(before: time.envelopeDays.lowerBound, limit: Limits.removalsPerSweep),
            turn.view.forgetDeleted(by: time.day, limit: Limits.removalsPerSweep))
    }
}
