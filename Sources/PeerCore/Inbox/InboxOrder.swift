import Basics
import Storage

/// A received message that is not shown yet: its write is not durable, or the message before it has not come.
private struct UnshownMessage {
    let position: InboxPosition
    /// The sender's message that should be read first.
    let parent: MessageID?
    let receivedAt: UnixTime
    /// Seconds for which it waits for its parent.
    var patience = Limits.withholdingSeconds
    var isDurable: Bool

    /// Whether it has waited for as long as it is worth, or the clock was put back.
    func isLate(_ now: UnixTime) -> Bool { !(0..<patience).contains(now.seconds(since: receivedAt)) }
}

/// Shows what was received, in order: numbers it, and withholds what comes before its predecessor.
struct InboxOrder {
    /// Received messages not shown yet, ascending by position.
    private var unshown: [UnshownMessage] = []

    /// Begins with what the store holds: what may have been withheld when the program ended.
    mutating func load(_ turn: inout Turn) {
        unshown = []
        turn.view.scan(.inbox, prefix: InboxTable.withheld) { key, value in
            guard let withheld = WithheldEntry(key, value), unshown.count < Limits.withheldMessages else { return true }
            unshown.append(
                UnshownMessage(
                    position: withheld.position, parent: withheld.parent, receivedAt: withheld.receivedAt,
                    isDurable: true))
            return true
        }
        unshown.sort { $0.position < $1.position }
        if !unshown.isEmpty { turn.schedule(.ordering, in: .zero) }
        turn.numbers = MessageNumbers(turn.view, withheld: Set(unshown.map(\.position)))
        if turn.numbers.hasUnnumbered { turn.schedule(.numbering, in: .zero) }
    }

    /// Whether a message waits to be shown.
    func isUnshown(_ position: InboxPosition) -> Bool { unshown.contains { $0.position == position } }

    /// The messages that are withheld at this time.
    func withheld(_ now: UnixTime, _ view: StoreView) -> Set<InboxPosition> {
        Set(unshown.map(\.position)).subtracting(dueMessages(now, view).map(\.position))
    }

    // MARK: Taking in

    /// Gives a message that is being written its place. Returns its number in the order of arrival; 0 for one that waits for the
    /// message before it and gets its number when it is shown. `isFirst`: its sender hadn't heard from this person in its session.
    mutating func add(
        _ position: InboxPosition, after parent: MessageID?, isFirst: Bool, _ turn: inout Turn
    ) -> UInt64 {
        let awaitedParent = parent == position.id ? nil : awaitedParent(parent, from: position.from, turn.view)
        let arrival = awaitedParent == nil ? turn.numbers.next(for: position, in: &turn.view) : 0
        var message = UnshownMessage(
            position: position, parent: awaitedParent, receivedAt: turn.now.utc, isDurable: false)
        if isFirst, turn.view.continuity().generation > 0 { message.patience = Limits.withholdingSecondsOfCopy }
        unshown.insert(message, at: unshown.firstIndex { $0.position > position } ?? unshown.endIndex)
        if parent != nil, awaitedParent == nil, unshown.count >= Limits.withheldMessages { turn.mark(.withheldFull) }
        if let awaitedParent {
            turn.mark(.messageWithheld)
            let entry = WithheldEntry(position: position, parent: awaitedParent, receivedAt: turn.now.utc)
            turn.view.put(.inbox, InboxTable.withheldKey(position.id, position.from), entry.encoded)
        }
        return arrival
    }

    /// The message after which this one is to be shown, if that has not been shown yet.
    private func awaitedParent(_ parent: MessageID?, from sender: PeerID, _ view: StoreView) -> MessageID? {
        guard let parent, unshown.count < Limits.withheldMessages else { return nil }
        let isWithheld = unshown.contains { $0.position.id == parent && $0.position.from == sender }
        return isWithheld || !view.hasReceived(parent, from: sender) ? parent : nil
    }

    /// A message is on disk.
    mutating func becameDurable(_ position: InboxPosition, _ turn: inout Turn) {
        guard let index = unshown.firstIndex(where: { $0.position == position }) else { return }
        unshown[index].isDurable = true
        turn.numbers.becameDurable(turn.view.inboxEntry(position)?.arrival ?? 0)
        showDue(&turn)
    }

    // MARK: Showing

    /// Shows what has become due, in order: a message never comes before one that it waits for. What was withheld is
    /// shown once its release and its number are durable: otherwise a failed commit would bring it back, to be shown
    /// again.
    mutating func showDue(_ turn: inout Turn) {
        let due = dueMessages(turn.now.utc, turn.view)
        for message in due {
            if message.parent != nil {
                turn.mark(message.isLate(turn.now.utc) ? .withheldMessageTimedOut : .withheldMessageReleased)
                let key = InboxTable.withheldKey(message.position.id, message.position.from)
                let arrival = giveNumber(to: message.position, &turn)
                let ticket = turn.view.remove(.inbox, key)
                turn.after(ticket, .lateNumber(message.position, arrival: arrival))
            } else {
                show(message.position, &turn)
            }
        }
        let shown = Set(due.map(\.position))
        unshown.removeAll { shown.contains($0.position) }
        let ends = unshown.filter(\.isDurable).map { $0.receivedAt.advanced(bySeconds: $0.patience) }
        if let first = ends.min() {
            let seconds = first.seconds(since: turn.now.utc)
            turn.schedule(.ordering, in: .seconds(max(1, min(Limits.withholdingSeconds, seconds))))
        }
    }

    /// A message that was shown later than its parent has its number on disk now.
    mutating func lateNumberIsDurable(_ position: InboxPosition, _ arrival: UInt64, _ turn: inout Turn) {
        turn.numbers.becameDurable(arrival)
        show(position, &turn)
    }

    private func show(_ position: InboxPosition, _ turn: inout Turn) {
        guard let message = turn.view.durable.incomingMessage(position) else { return }
        turn.notify(.received(message))
        turn.count(.received)
    }

    /// The messages not shown yet that may be, in order: durable, and awaiting nothing any more but what is among them.
    private func dueMessages(_ now: UnixTime, _ view: StoreView) -> [UnshownMessage] {
        var isShown: [MessageName: Bool] = [:]
        return unshown.filter { message in
            var isDue = message.isDurable
            if isDue, let parent = message.parent, !message.isLate(now) {
                // A parent has the lower number and so was looked at before. A sender whose numbers don't grow gets no
                // order: else two messages could wait for each other.
                let from = message.position.from
                isDue = isShown[MessageName(id: parent, from: from)] ?? view.hasReceived(parent, from: from)
            }
            isShown[MessageName(id: message.position.id, from: message.position.from)] = isDue
            return isDue
        }
    }

    // MARK: Numbers

    /// Gives a message that is on disk its number, as it will be shown now.
    private mutating func giveNumber(to position: InboxPosition, _ turn: inout Turn) -> UInt64 {
        guard var entry = turn.view.inboxEntry(position) else { return 0 }
        entry.arrival = turn.numbers.next(for: position, in: &turn.view)
        turn.view.put(.inbox, InboxTable.orderKey(position), entry.encoded)
        turn.view.moveConversation(with: position.from, to: entry.arrival)
        return entry.arrival
    }

    /// Gives numbers to some messages of a store from before there were any.
    mutating func numberOldMessages(_ turn: inout Turn) {
        guard let (ticket, last) = turn.numbers.numberPortion(in: &turn.view) else { return }
        turn.after(ticket, .oldNumbers(through: last))
    }

    /// Those numbers are on disk.
    mutating func oldNumbersAreDurable(through last: UInt64, _ turn: inout Turn) {
        turn.numbers.batchBecameDurable(last)
        if turn.numbers.hasUnnumbered { turn.schedule(.numbering, in: .zero) }
    }
}

/// What names a message: its ID alone is its sender's choice.
private struct MessageName: Hashable {
    let id: MessageID
    let from: PeerID
}
