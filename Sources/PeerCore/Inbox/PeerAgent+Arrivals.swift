import Basics
import Conversations
import Cryptography
import Exchange
import Wire

/// An envelope that was opened and whose content is being made durable.
struct Arrival {
    /// The envelope and where it lay; nil for what this person wrote to themselves.
    var envelope: EnvelopeID?
    var epoch = Epoch(number: 0)
    var expiry = Day(number: 0)
    /// Whether buddies hold it.
    var isInMailbox = false
    /// Senders that wait to hear that it has arrived.
    var deliveries: [DeliveryID] = []
    /// The message that was in it, unless it was there before.
    var position: InboxPosition?
    /// The peer that is owed a receipt.
    var owed: PeerID?

    init(position: InboxPosition?) { self.position = position }
}

extension AwaitedStep {
    /// The envelope that is being taken in.
    var arrival: Arrival? {
        guard case .arrive(let arrival) = self else { return nil }
        return arrival
    }

    mutating func markInMailbox() { change { $0.isInMailbox = true } }

    mutating func add(_ delivery: DeliveryID) { change { $0.deliveries.append(delivery) } }

    private mutating func change(_ body: (inout Arrival) -> Void) {
        guard var arrival else { return }
        body(&arrival)
        self = .arrive(arrival)
    }
}

/// Taking in what comes, whether from a mailbox or straight from a sender: exactly once, and durably before anybody is told.
extension PeerAgent {
    enum OpenOutcome {
        /// It is being made durable.
        case underWay
        /// It was taken in before and is durable.
        case done(Day)
        /// It was sealed to a prekey that is held, and makes no sense; or it is past its time.
        case useless(Day)
        /// It can't be opened with what is held here, which proves nothing: it stays where it is.
        case unopened(Day)
        /// It is past its time, or ahead of it, by a clock that may be wrong.
        case undated
        /// There is no room.
        case notNow
    }

    /// The days that the last day of an envelope may be: clocks may differ by some.
    func doneDays(_ now: UnixTime) -> ClosedRange<Day> {
        now.day.advanced(by: -2)...now.day.advanced(by: Limits.envelopeDaysAccepted)
    }

    /// How many more messages may be taken in now, as far as the inbox and the disk are concerned.
    var room: Int {
        guard view.pendingBytes < Limits.pendingBytes else { return 0 }
        return Limits.inboxMessages - Int(clamping: inboxCount)
    }

    func arrivalUnderWay(_ envelope: EnvelopeID) -> Int? {
        awaited.firstIndex { $0.step.arrival?.envelope == envelope }
    }

    mutating func open(
        _ bytes: [UInt8], _ envelope: EnvelopeID, _ index: Int, delivery: DeliveryID?, _ now: Now,
        _ outbox: inout PeerOutbox
    ) -> OpenOutcome {
        if let place = arrivalUnderWay(envelope) {
            if let delivery { awaited[place].step.add(delivery) } else { awaited[place].step.markInMailbox() }
            return .underWay
        }
        let days = doneDays(now.utc)
        if let done = view.doneEnvelope(envelope, in: days) { return .done(done.day) }
        guard let header = try? EnvelopeHeader(decoding: bytes.span.bytes) else { return .unopened(days.upperBound) }
        guard days.contains(header.expiry) else {
            // By a clock in doubt nothing is thrown out, nor what is ahead of its time: then a clock is behind, be it ours.
            let isOver = clock.erasingTime(now).map { header.expiry < doneDays($0).lowerBound } ?? false
            return isOver ? .useless(header.expiry) : .undated
        }
        guard room > 0 else { return .notNow }
        let sender: PeerID
        let content: Content
        do {
            (sender, content) = try cipher.open(
                bytes, mailbox: mailboxes[index].location, prekeys: prekeys, senders: &verifiedSenders)
        } catch {
            return error.isConclusive ? .useless(header.expiry) : .unopened(header.expiry)
        }
        if delivery != nil, ways.hear(of: sender, now: now.monotonic) == .returned { retryQueued(for: sender) }
        forgetUnopened(envelope)
        var arrival = Arrival(position: nil)
        arrival.envelope = envelope
        arrival.epoch = mailboxes[index].epoch
        arrival.expiry = header.expiry
        arrival.isInMailbox = delivery == nil
        arrival.deliveries = delivery.map { [$0] } ?? []
        let done = store(content, from: sender, &arrival, now, &outbox)
        let ticket = view.put(.inbox, InboxTable.doneKey(header.expiry, envelope), done.encoded)
        awaited.append((ticket, .arrive(arrival)))
        return .underWay
    }

    /// Writes what the content changes, in the batch that also says that the envelope is done.
    private mutating func store(
        _ content: Content, from sender: PeerID, _ arrival: inout Arrival, _ now: Now, _ outbox: inout PeerOutbox
    ) -> DoneEntry {
        switch content.body {
        case .text, .unknown:
            if !view.hasReceived(content.id, from: sender) {
                let via: Via = arrival.isInMailbox ? .mailbox : .direct
                arrival.position = receive(content, from: sender, via: via, now)
            }
            // To a direct delivery its acceptance is the receipt.
            guard arrival.isInMailbox, sender != id else { return DoneEntry(message: content.id, sender: sender) }
            view.putOwedReceipt(view.trueReceipt(for: content.id, from: sender), to: sender, for: content.id)
            arrival.owed = sender
            return DoneEntry(message: content.id, sender: sender, receiptAt: now.utc)
        case .receipt(let delivered, let read):
            for id in delivered { confirm(id, by: sender, .delivered, now, &outbox) }
            for id in read { confirm(id, by: sender, .read, now, &outbox) }
            return DoneEntry()
        }
    }

    /// Writes a new message into the inbox. It is shown when it is durable and its turn has come.
    mutating func receive(_ content: Content, from sender: PeerID, via: Via, _ now: Now) -> InboxPosition {
        let position = InboxPosition(lamport: content.lamport, from: sender, id: content.id)
        let awaitedParent = content.parent == content.id ? nil : awaitedParent(content.parent, from: sender)
        var entry = InboxEntry(sentAt: content.sentAt, receivedAt: now.utc, via: via)
        // What has to wait for another gets its number when it is shown.
        if awaitedParent == nil { entry.arrival = arrivals.number(position, in: &view) }
        view.putReceived(content, from: sender, entry)
        inboxCount += 1
        view.putNumber(.profile, ProfileTable.inboxCount, inboxCount)
        var conversation = view.conversation(with: sender)
        if content.lamport > conversation.lamport {
            conversation.lamport = content.lamport
            view.putConversation(with: sender, conversation)
        }
        withhold(position, until: awaitedParent, now)
        return position
    }

    /// An envelope's content is durable: now, and not before, everybody concerned is told.
    mutating func arrivalIsDurable(_ arrival: Arrival, _ now: Now, _ outbox: inout PeerOutbox) {
        for delivery in arrival.deliveries { answer(delivery, accepted: true, &outbox) }
        if arrival.isInMailbox, let envelope = arrival.envelope, let index = mailboxIndex(arrival.epoch) {
            clear(envelope, expiry: arrival.expiry, index, now)
        }
        if let peer = arrival.owed { scheduleReceipts(for: peer, now) }
        if let position = arrival.position { becameDurable(position, now, &outbox) }
    }
}
