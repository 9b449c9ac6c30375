import Basics
import Conversations
import Storage

/// A received message that is not shown yet: its write is not durable, or the message before it has not come.
struct UnshownMessage {
    let position: InboxPosition
    /// The sender's message that should be read first.
    let parent: MessageID?
    let receivedAt: UnixTime
    var isDurable: Bool
}

/// Showing what was received, in order.
extension PeerAgent {
    /// Received messages in conversation order, or with `since` in the order of arrival, as they stand on disk and without
    /// those that are withheld at this time.
    public func inbox(_ filter: InboxFilter, now: Now) -> [IncomingMessage] {
        let durable = view.durable
        var page = InboxPage(filter)
        if let since = filter.since {
            durable.arrivals(after: since, upTo: arrivals.readable) { _, position in
                page.add(position, from: durable)
            }
            return page.messages
        }
        let withheld = Set(unshown.map(\.position)).subtracting(dueMessages(now.utc).map(\.position))
        let prefix: [UInt8] = [filter.unreadOnly ? UInt8(ascii: "u") : UInt8(ascii: "o")]
        durable.scan(.inbox, prefix: prefix, after: filter.after.map { prefix + InboxTable.place($0) }) { key, _ in
            guard let position = InboxTable.position(key), !withheld.contains(position) else { return true }
            return page.add(position, from: durable)
        }
        return page.messages
    }

    /// What arrived after a number, in the order of arrival and without texts: at most so many.
    public func arrivedMessages(since number: UInt64, limit: Int) -> [ArrivedMessage] {
        let durable = view.durable
        var found: [ArrivedMessage] = []
        durable.arrivals(after: number, upTo: arrivals.readable) { number, position in
            guard found.count < limit else { return false }
            if let entry = durable.inboxEntry(position) { found.append(ArrivedMessage(number, position, entry)) }
            return true
        }
        return found
    }

    /// The number of the last message that has arrived and can be read; 0 where none ever has.
    public var lastArrival: UInt64 { arrivals.readable }

    /// Marks received messages read, and lets their senders know: seen once `lastWrite` is durable.
    public mutating func markRead(_ references: [InboxReference], now: Now, into outbox: inout PeerOutbox) {
        for position in view.positions(of: references) {
            guard var entry = view.inboxEntry(position), !entry.isRead else { continue }
            entry.isRead = true
            view.put(.inbox, InboxTable.orderKey(position), entry.encoded)
            view.remove(.inbox, InboxTable.unreadKey(position))
            guard position.from != id else { continue }
            view.putOwedReceipt(.read, to: position.from, for: position.id)
            scheduleReceipts(for: position.from, now)
        }
    }

    /// Deletes received messages, for good once `lastWrite` is durable; those that are not shown yet stay. Returns how many.
    ///
    /// That they came is remembered for as long as a copy could, so that none comes back.
    public mutating func delete(_ references: [InboxReference], now: Now) -> Int {
        var count = 0
        for position in view.positions(of: references) {
            let isShown = !unshown.contains { $0.position == position }
            guard isShown, view.inboxEntry(position) != nil else { continue }
            view.removeReceived(position, forgottenFrom: now.utc.day.advanced(by: Limits.envelopeDaysAccepted + 1))
            count += 1
        }
        // What found no room in the inbox is asked for again.
        if count > 0, room <= 0 { resumePolling(now, after: .zero) }
        inboxCount -= min(inboxCount, UInt64(count))
        view.putNumber(.profile, ProfileTable.inboxCount, inboxCount)
        return count
    }

    /// Messages in the inbox, those included that are not shown yet.
    package var inboxMessages: Int { Int(clamping: inboxCount) }

    // MARK: Order

    /// What may have been withheld when the program ended, and how much there is.
    mutating func loadInbox(_ now: Now) {
        _ = updateMailboxes(now.utc)
        inboxCount = view.number(.profile, ProfileTable.inboxCount)
        unshown = []
        view.scan(.inbox, prefix: InboxTable.withheld) { key, value in
            guard let withheld = WithheldEntry(key, value), unshown.count < Limits.withheldMessages else { return true }
            unshown.append(
                UnshownMessage(
                    position: withheld.position, parent: withheld.parent, receivedAt: withheld.receivedAt,
                    isDurable: true))
            return true
        }
        unshown.sort { $0.position < $1.position }
        if !unshown.isEmpty { agenda.set(.ordering, at: now.monotonic) }
        arrivals = Arrivals(view, withheld: Set(unshown.map(\.position)))
        if arrivals.hasUnnumbered { agenda.set(.numbering, at: now.monotonic) }
    }

    /// Gives numbers to some messages of a store from before there were any.
    mutating func numberOldMessages() {
        guard let (ticket, last) = arrivals.numberPortion(in: &view) else { return }
        awaited.append((ticket, .number(through: last)))
    }

    mutating func oldMessagesAreNumbered(through last: UInt64, _ now: Now) {
        arrivals.portionBecameDurable(last)
        if arrivals.hasUnnumbered { agenda.set(.numbering, at: now.monotonic) }
    }

    /// Gives a message that is on disk its number, as it will be shown now.
    private mutating func number(_ position: InboxPosition) -> UInt64 {
        guard var entry = view.inboxEntry(position) else { return 0 }
        entry.arrival = arrivals.number(position, in: &view)
        view.put(.inbox, InboxTable.orderKey(position), entry.encoded)
        return entry.arrival
    }

    /// The message that one is to be shown after, as far as that has not been shown.
    func awaitedParent(_ parent: MessageID?, from sender: PeerID) -> MessageID? {
        guard let parent, unshown.count < Limits.withheldMessages else { return nil }
        return isWithheld(parent, sender) || !view.hasReceived(parent, from: sender) ? parent : nil
    }

    /// Keeps a message that is being written from being shown before it is durable, and before the one that it awaits.
    mutating func withhold(_ position: InboxPosition, until awaitedParent: MessageID?, _ now: Now) {
        let message = UnshownMessage(
            position: position, parent: awaitedParent, receivedAt: now.utc, isDurable: false)
        unshown.insert(message, at: unshown.firstIndex { $0.position > position } ?? unshown.endIndex)
        guard let awaitedParent else { return }
        let entry = WithheldEntry(position: position, parent: awaitedParent, receivedAt: now.utc)
        view.put(.inbox, InboxTable.withheldKey(position.id, position.from), entry.encoded)
    }

    mutating func becameDurable(_ position: InboxPosition, _ now: Now, _ outbox: inout PeerOutbox) {
        guard let index = unshown.firstIndex(where: { $0.position == position }) else { return }
        unshown[index].isDurable = true
        arrivals.becameDurable(view.inboxEntry(position)?.arrival ?? 0)
        showNext(now, &outbox)
    }

    /// Shows what has become due, in order: a message never comes before one that it waits for. What was withheld is shown
    /// once that is durable, and with it its number: else a commit that fails would bring it back, to be shown again.
    mutating func showNext(_ now: Now, _ outbox: inout PeerOutbox) {
        let due = dueMessages(now.utc)
        for message in due {
            if message.parent != nil {
                let key = InboxTable.withheldKey(message.position.id, message.position.from)
                let arrival = number(message.position)
                awaited.append((view.remove(.inbox, key), .show(message.position, arrival: arrival)))
            } else {
                show(message.position, &outbox)
            }
        }
        let shown = Set(due.map(\.position))
        unshown.removeAll { shown.contains($0.position) }
        let ends = unshown.filter(\.isDurable).map { $0.receivedAt.advanced(bySeconds: Limits.withholdingSeconds) }
        if let first = ends.min() {
            agenda.set(
                .ordering,
                at: now.monotonic + .seconds(max(1, min(Limits.withholdingSeconds, first.seconds(since: now.utc)))))
        }
    }

    /// What is shown later than its parent has its number on disk now.
    mutating func showLate(_ position: InboxPosition, arrival: UInt64, _ outbox: inout PeerOutbox) {
        arrivals.becameDurable(arrival)
        show(position, &outbox)
    }

    private func show(_ position: InboxPosition, _ outbox: inout PeerOutbox) {
        guard let message = view.durable.incomingMessage(position) else { return }
        outbox.notices.append(.received(message))
        outbox.activity.count(.received)
    }

    private func isWithheld(_ id: MessageID, _ from: PeerID) -> Bool {
        unshown.contains { $0.position.id == id && $0.position.from == from }
    }

    /// The messages not shown yet that may be, in order: durable, and awaiting nothing any more but what is among them.
    private func dueMessages(_ now: UnixTime) -> [UnshownMessage] {
        var isShown: [MessageName: Bool] = [:]
        return unshown.filter { message in
            var isDue = message.isDurable
            let waited = now.seconds(since: message.receivedAt)
            if isDue, let parent = message.parent, (0..<Limits.withholdingSeconds).contains(waited) {
                // A parent has the lower number and so was looked at before. A sender whose numbers don't grow gets no
                // order: else two messages could wait for each other.
                let from = message.position.from
                isDue = isShown[MessageName(id: parent, from: from)] ?? view.hasReceived(parent, from: from)
            }
            isShown[MessageName(id: message.position.id, from: message.position.from)] = isDue
            return isDue
        }
    }
}

/// Messages that are gathered up to a filter's bounds.
private struct InboxPage {
    private let filter: InboxFilter
    private(set) var messages: [IncomingMessage] = []
    private var textBytes = 0

    init(_ filter: InboxFilter) { self.filter = filter }

    /// Adds the message at a place, if there is one that is asked for. False: there is no room for any more.
    mutating func add(_ position: InboxPosition, from view: StoreView) -> Bool {
        guard messages.count < filter.limit, textBytes < filter.textBytes else { return false }
        guard filter.includes(position), let message = view.incomingMessage(position),
            !(filter.unreadOnly && message.isRead)
        else { return true }
        messages.append(message)
        textBytes += message.text.utf8.count
        return true
    }
}

/// What names a message: its ID alone is its sender's choice.
private struct MessageName: Hashable {
    let id: MessageID
    let from: PeerID
}

/// A message that may be withheld, as it is on disk; drawn at `InboxTable`.
struct WithheldEntry {
    let position: InboxPosition
    let parent: MessageID
    let receivedAt: UnixTime

    var encoded: [UInt8] {
        parent.array + position.lamport.bigEndianBytes + receivedAt.seconds.bigEndianBytes
    }

    init(position: InboxPosition, parent: MessageID, receivedAt: UnixTime) {
        self.position = position
        self.parent = parent
        self.receivedAt = receivedAt
    }

    init?(_ key: RawSpan, _ value: RawSpan) {
        guard key.byteCount == 49, value.byteCount == 32, let id = UInt128(bigEndianBytes: key, at: 1),
            let from = Bytes32(key, at: 17), let parent = UInt128(bigEndianBytes: value),
            let lamport = UInt64(bigEndianBytes: value, at: 16), let seconds = Int64(bigEndianBytes: value, at: 24)
        else { return nil }
        position = InboxPosition(lamport: lamport, from: PeerID(from), id: MessageID(id))
        self.parent = MessageID(parent)
        receivedAt = UnixTime(seconds: seconds)
    }
}
