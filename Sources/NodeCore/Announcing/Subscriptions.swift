import Basics
import Mailboxes
import Storage
import Wire

/// Who is to be told at once what comes into mailboxes that this node keeps.
///
/// An envelope is announced when it is durable. A subscriber is told at most ten times a second, and of nothing more before it has
/// answered: what comes meanwhile gathers. One that doesn't answer is told as soon as it asks again: it may have been out of reach for
/// some seconds. What finds no room is not lost, as a client that is told of so much asks for all; and what isn't noted at all, as too much
/// waits for the disk, is found by the owner's next look.
package struct Subscriptions {
    /// Who is told.
    package enum Subscriber: Hashable {
        /// The person whom this node serves.
        case person
        /// A client that has shown that it reads the mailbox.
        case client(NodeID)
    }

    /// What one subscriber is to be told.
    package struct Announcement {
        package let subscriber: Subscriber
        package let mailbox: MailboxID
        /// Ascending by ID, at most `Limits.entriesPerPage`.
        package let entries: [MailboxEntry]
    }

    private struct Subscription {
        let subscriber: Subscriber
        let mailbox: MailboxID
        /// The session in which a client has shown that it reads the mailbox; 0 of the person.
        var session: UInt64
        var account: Account
        /// Nil of the person: for as long as the node runs.
        var until: Instant?
        /// Durable, and not announced yet.
        var waiting: [MailboxEntry] = []
        /// Announced, and not answered yet.
        var underWay: [MailboxEntry] = []
        /// Whether an announcement is, which may be one of nothing.
        var isUnderWay = false
        /// Whether it has asked again meanwhile.
        var hasAskedAgain = false
        /// Whether it hasn't answered, and hasn't asked again since.
        var isSilent = false
        /// Not before this is it told again.
        var nextAt = Instant.origin
        /// When it is to be told of nothing, if nothing comes before.
        var silenceEnds: Instant?

        func isOver(_ now: Instant) -> Bool { until.map { $0 <= now } ?? false }

        /// When it is to be told something; nil while there is nothing to tell, or it doesn't answer.
        var tellAt: Instant? {
            guard !isUnderWay, !isSilent else { return nil }
            return waiting.isEmpty ? silenceEnds.map { max($0, nextAt) } : nextAt
        }

        /// What was under way is still to be told.
        mutating func takeBack() {
            waiting = Array((underWay + waiting.filter { !underWay.contains($0) }).prefix(Limits.entriesPerPage))
            (underWay, isUnderWay) = ([], false)
        }
    }

    private var subscriptions: [Subscription] = []
    /// Kept and not durable yet, by ascending ticket.
    private var pending: [(ticket: Ticket, mailbox: MailboxID, entry: MailboxEntry)] = []

    package init() {}

    // MARK: Who

    /// Replaces the mailboxes of which the person is told.
    package mutating func subscribePerson(to mailboxes: [MailboxID]) {
        subscriptions.removeAll { $0.subscriber == .person && !mailboxes.contains($0.mailbox) }
        for mailbox in mailboxes
        where !subscriptions.contains(where: { $0.subscriber == .person && $0.mailbox == mailbox }) {
            subscriptions.append(
                Subscription(subscriber: .person, mailbox: mailbox, session: 0, account: .own, until: nil))
        }
    }

    /// Tells a client from now on what comes into a mailbox, for so many seconds. Returns for how many it is granted;
    /// nil where there is no room. After `silence`, in seconds, it is told that nothing has come, unless something has; 0: it isn't.
    /// The caller has seen that the client reads the mailbox.
    package mutating func subscribe(
        _ client: NodeID, to mailbox: MailboxID, from source: Source, seconds: UInt32, silence: UInt32 = 0, now: Instant
    ) -> UInt32? {
        subscriptions.removeAll { $0.isOver(now) }
        let granted = min(seconds, Limits.subscriptionSecondsGranted)
        let until = now + .seconds(Int64(granted))
        let index = subscriptions.firstIndex { $0.subscriber == .client(client) && $0.mailbox == mailbox }
        let silenceEnds = silence > 0 ? now + .seconds(Int64(silence)) : nil
        guard let index else {
            guard granted > 0 else { return 0 }
            return insert(
                Subscription(
                    subscriber: .client(client), mailbox: mailbox, session: source.session, account: source.account,
                    until: until, silenceEnds: silenceEnds)) ? granted : nil
        }
        guard granted > 0 else {
            subscriptions.remove(at: index)
            return 0
        }
        subscriptions[index].session = source.session
        subscriptions[index].account = source.account
        subscriptions[index].until = until
        subscriptions[index].silenceEnds = silenceEnds
        subscriptions[index].hasAskedAgain = true
        if subscriptions[index].isSilent {
            subscriptions[index].isSilent = false
            subscriptions[index].nextAt = now
        }
        return granted
    }

    private mutating func insert(_ new: Subscription) -> Bool {
        if subscriptions.count(where: { $0.subscriber == new.subscriber }) >= Limits.subscriptionsPerClient,
            let older = subscriptions.firstIndex(where: { $0.subscriber == new.subscriber })
        {
            subscriptions.remove(at: older)
        }
        guard subscriptions.count < Limits.subscriptions,
            subscriptions.count(where: { $0.account == new.account }) < Limits.subscriptionsPerBlock
        else { return false }
        subscriptions.append(new)
        return true
    }

    /// A client doesn't want it, or has no session any more.
    package mutating func end(of client: NodeID) { subscriptions.removeAll { $0.subscriber == .client(client) } }

    /// A session has ended: what was granted in it ends as well.
    package mutating func forget(session: UInt64) {
        subscriptions.removeAll { $0.subscriber != .person && $0.session == session }
    }

    /// The client that is told of a mailbox; of several the one that asked last.
    package func reader(of mailbox: MailboxID, now: Instant) -> NodeID? {
        let readers = subscriptions.filter { $0.mailbox == mailbox && !$0.isOver(now) && $0.until != nil }
        let last = readers.max { ($0.until ?? .origin) < ($1.until ?? .origin) }
        if case .client(let client)? = last?.subscriber { return client }
        return nil
    }

    // MARK: What

    /// An envelope will be durable with this ticket.
    package mutating func observeKept(_ entry: MailboxEntry, in mailbox: MailboxID, _ ticket: Ticket) {
        guard subscriptions.contains(where: { $0.mailbox == mailbox }), pending.count < Limits.announcementsPending,
            !pending.contains(where: { $0.entry == entry && $0.mailbox == mailbox })
        else { return }
        pending.append((ticket, mailbox, entry))
    }

    /// The writes up to a ticket are durable, or lost.
    package mutating func observeCommit(through ticket: Ticket, isDurable: Bool) {
        guard !pending.isEmpty else { return }
        for kept in pending where kept.ticket <= ticket && isDurable {
            for index in subscriptions.indices where subscriptions[index].mailbox == kept.mailbox {
                guard subscriptions[index].waiting.count < Limits.entriesPerPage,
                    !subscriptions[index].waiting.contains(kept.entry),
                    !subscriptions[index].underWay.contains(kept.entry)
                else { continue }
                subscriptions[index].waiting.append(kept.entry)
            }
        }
        pending.removeAll { $0.ticket <= ticket }
    }

    // MARK: When

    /// What a subscriber is to be told now; nil where there is nothing.
    package mutating func next(now: Instant) -> Announcement? {
        subscriptions.removeAll { $0.isOver(now) }
        let due = subscriptions.firstIndex {
            $0.tellAt.map { $0 <= now } ?? false && ($0.subscriber == .person || hasRoom)
        }
        guard let due else { return nil }
        // Each has its turn: it comes again when all others have been told.
        var told = subscriptions.remove(at: due)
        let entries = told.waiting.sorted { $0.envelope < $1.envelope }
        (told.waiting, told.silenceEnds) = ([], nil)
        told.nextAt = now + Limits.announcementInterval
        if told.subscriber != .person { (told.underWay, told.isUnderWay) = (entries, true) }
        told.hasAskedAgain = false
        subscriptions.append(told)
        return Announcement(subscriber: told.subscriber, mailbox: told.mailbox, entries: entries)
    }

    /// Whether another announcement may be under way: the node has other things to do as well.
    private var hasRoom: Bool { subscriptions.count { $0.isUnderWay } < Limits.announcementsUnderWay }

    /// When a subscriber is to be told something; nil where nothing waits, or for something else.
    package var nextDue: Instant? {
        let hasRoom = hasRoom
        return subscriptions.lazy.filter { hasRoom || $0.subscriber == .person }.compactMap(\.tellAt).min()
    }

    // MARK: What comes of it

    /// What became of an announcement.
    package enum Outcome {
        case noticed
        /// It is repeated once the client asks again.
        case unanswered
        /// It couldn't be sent, and is tried again a little later.
        case unsent
    }

    /// What became of what a client was to be told.
    package mutating func observe(_ outcome: Outcome, by client: NodeID, of mailbox: MailboxID, now: Instant) {
        let index = subscriptions.firstIndex { $0.subscriber == .client(client) && $0.mailbox == mailbox }
        guard let index else { return }
        switch outcome {
        case .noticed: (subscriptions[index].underWay, subscriptions[index].isUnderWay) = ([], false)
        case .unanswered:
            subscriptions[index].takeBack()
            subscriptions[index].isSilent = !subscriptions[index].hasAskedAgain
        case .unsent:
            subscriptions[index].takeBack()
            subscriptions[index].nextAt = now + Limits.announcementPause
        }
    }
}
