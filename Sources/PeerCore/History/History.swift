import Basics
import Storage

/// Reads conversations, in both directions and in one order: by Lamport number, then sender, then ID, the same for both sides.
///
/// It tells what is on disk, and no message that is withheld at the time. One call looks at a bounded number of messages and
/// bytes, so that a long conversation is read in parts and holds up nothing else.
struct History {
    /// The person whose messages they are.
    let id: PeerID

    // MARK: Messages

    /// A part of a conversation.
    func part(_ filter: HistoryFilter, _ view: StoreView, withheld: Set<InboxPosition>) -> HistoryPart {
        let durable = view.durable
        var reading = HistoryReading(filter)
        if let since = filter.since, HistoryIndexing.knowsTimes(durable),
            let recent = durable.recentPlaces(since: since, with: filter.peer)
        {
            for (position, direction) in filter.start.ordered(recent) where !withheld.contains(position) {
                guard reading.look(at: position, { message(at: position, direction, in: durable) }) else { break }
            }
            return reading.part
        }
        let prefix = HistoryTable.conversation(filter.peer)
        let visit = { (key: RawSpan, value: RawSpan) -> Bool in
            guard let position = HistoryTable.position(key), !withheld.contains(position) else { return true }
            return reading.look(at: position) { message(at: position, MessageDirection(value), in: durable) }
        }
        switch filter.start {
        case .end: durable.scanBackward(.conversations, prefix: prefix, visit)
        case .before(let position):
            durable.scanBackward(
                .conversations, prefix: prefix, before: HistoryTable.key(position, with: filter.peer), visit)
        case .after(let position):
            durable.scan(.conversations, prefix: prefix, after: HistoryTable.key(position, with: filter.peer), visit)
        }
        return reading.part
    }

    private func message(
        at position: InboxPosition, _ direction: MessageDirection?, in view: StoreView
    ) -> HistoryMessage? {
        switch direction {
        case .received: view.incomingMessage(position).map { .received($0) }
        case .sent: view.placedMessage(at: position).map { .sent($0) }
        case nil: nil
        }
    }

    /// What has come to be this person's after a number, in the order of numbers and without texts: at most so many.
    func numbered(after number: UInt64, upTo end: UInt64, limit: Int, _ view: StoreView) -> [NumberedMessage] {
        let durable = view.durable
        var found: [NumberedMessage] = []
        durable.arrivals(after: number, upTo: end) { number, position in
            guard found.count < limit else { return false }
            if let entry = durable.inboxEntry(position) {
                found.append(.received(ArrivedMessage(number, position, entry)))
            } else if position.from == id, let sent = durable.placedMessage(at: position) {
                found.append(.sent(sent))
            }
            return true
        }
        return found
    }

    // MARK: Conversations

    /// Conversations, those with the newest messages first: from the one after `place`, at most so many.
    func conversations(
        after place: ConversationPlace?, limit: Int, _ view: StoreView, withheld: Set<InboxPosition>
    ) -> [ConversationOverview] {
        let durable = view.durable
        var found: [(place: ConversationPlace, entry: ConversationEntry)] = []
        durable.scanBackward(
            .conversations, prefix: HistoryTable.newest,
            before: place.map { HistoryTable.newestKey($0.number, $0.peer) }
        ) { key, _ in
            guard found.count < limit else { return false }
            // A damaged entry may have left a second place behind.
            if let place = HistoryTable.place(key), let entry = durable.conversationEntry(with: place.peer),
                entry.last == place.number
            {
                found.append((place, entry))
            }
            return true
        }
        return found.map { place, entry in
            let hidden = withheld.count { $0.from == place.peer && durable.inboxEntry($0)?.isRead == false }
            let last = part(HistoryFilter(peer: place.peer, limit: 1), view, withheld: withheld).messages.last
            return ConversationOverview(
                place: place, unread: max(0, Int(clamping: entry.unread) - hidden),
                standing: durable.standing(of: place.peer, with: id), last: last)
        }
    }

    /// The next messages of a conversation that are to be deleted: those after a position, or from the first.
    func portion(with peer: PeerID, after position: InboxPosition?, _ view: StoreView) -> DeletionPortion {
        var found: [(InboxPosition, MessageDirection)] = []
        view.scan(
            .conversations, prefix: HistoryTable.conversation(peer),
            after: position.map { HistoryTable.key($0, with: peer) }
        ) { key, value in
            guard found.count < DeletionPortion.size else { return false }
            if let position = HistoryTable.position(key), let direction = MessageDirection(value) {
                found.append((position, direction))
            }
            return true
        }
        return DeletionPortion(peer: peer, places: found)
    }
}

extension StoreView {
    /// The sent message at a place; nil where there is none.
    func placedMessage(at position: InboxPosition) -> PlacedMessage? {
        guard let message = sentMessage(position.id) else { return nil }
        return PlacedMessage(message: message, number: outboxEntry(position.id)?.number ?? 0, position: position)
    }
}
