import Basics
import Conversations
import Exchange

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
    /// Received messages in conversation order, without those that are withheld at this time.
    public func inbox(_ filter: InboxFilter, now: Now) -> [IncomingMessage] {
        var messages: [IncomingMessage] = []
        let withheld = Set(unshown.map(\.position)).subtracting(dueMessages(now.utc).map(\.position))
        let prefix: [UInt8] = [filter.unreadOnly ? UInt8(ascii: "u") : UInt8(ascii: "o")]
        view.scan(.inbox, prefix: prefix, after: filter.after.map { prefix + InboxTable.place($0) }) { key, _ in
            guard messages.count < filter.limit else { return false }
            if let position = InboxTable.position(key), filter.from == nil || filter.from == position.from,
                !withheld.contains(position), let message = view.incomingMessage(position)
            {
                messages.append(message)
            }
            return true
        }
        return messages
    }

    /// Marks received messages read, durably soon, and lets their senders know.
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

    /// Deletes received messages, durably soon; those that are not shown yet stay. Returns how many.
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
        for index in mailboxes.indices { mailboxes[index].forgetCommands() }
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
    }

    /// Keeps a message that is being written from being shown before it is durable, and before its parent.
    mutating func withhold(_ position: InboxPosition, until parent: MessageID?, _ now: Now) {
        var awaitedParent = parent
        if let parent, !isWithheld(parent, position.from), view.hasReceived(parent, from: position.from) {
            awaitedParent = nil
        }
        if unshown.count >= Limits.withheldMessages { awaitedParent = nil }
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
        showNext(now, &outbox)
    }

    /// Shows what has become due, in order: a message never comes before one that it waits for. What was withheld is shown
    /// once that is durable: else a commit that fails would bring it back, to be shown again.
    mutating func showNext(_ now: Now, _ outbox: inout PeerOutbox) {
        let due = dueMessages(now.utc)
        for message in due {
            if message.parent != nil {
                let key = InboxTable.withheldKey(message.position.id, message.position.from)
                awaited.append((view.remove(.inbox, key), .show(message.position)))
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

    func show(_ position: InboxPosition, _ outbox: inout PeerOutbox) {
        guard let message = view.incomingMessage(position) else { return }
        outbox.notices.append(.received(message))
        outbox.activity.note(.received)
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
        let key = key.withUnsafeBytes { Array($0) }
        let value = value.withUnsafeBytes { Array($0) }
        guard key.count == 49, value.count == 32, let id = MessageID(key[1..<17]),
            let from = Bytes32(Array(key[17...])),
            let parent = MessageID(value[..<16])
        else { return nil }
        position = InboxPosition(
            lamport: value[16..<24].reduce(0) { $0 << 8 | UInt64($1) }, from: PeerID(from), id: id)
        self.parent = parent
        receivedAt = UnixTime(seconds: value[24...].reduce(0) { $0 << 8 | Int64($1) })
    }
}
