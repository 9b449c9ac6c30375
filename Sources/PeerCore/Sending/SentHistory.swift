import Basics
import Storage

/// The sent messages that are remembered, in the order of acceptance. Where there are as many as may be, the oldest that have
/// ended make way for a new one; those under way are never forgotten.
struct SentHistory {
    /// Messages remembered, those under way included.
    private var count: UInt64 = 0

    /// Messages forgotten at most for a new one. It is more than one only where an older version has left too many.
    private static let batch: UInt64 = 8

    init() {}

    /// What a store says. One of an older version has no count, so that its messages are counted.
    init(_ view: StoreView) {
        guard !view.contains(.outbox, OutboxTable.historyCount) else {
            count = view.number(.outbox, OutboxTable.historyCount)
            return
        }
        var found: UInt64 = 0
        view.scan(.outbox, prefix: OutboxTable.history) { _, _ in
            found += 1
            return true
        }
        count = found
    }

    /// Adds a message that is being accepted.
    mutating func add(_ id: MessageID, sequence: UInt64, to view: inout StoreView) {
        count += 1
        view.putNumber(.outbox, OutboxTable.historyCount, count)
        view.put(.outbox, OutboxTable.historyKey(sequence), id.array)
    }

    /// Makes room for one more message of this person's, in the batch that adds it.
    mutating func makeRoom(in view: inout StoreView, sentBy person: PeerID, isUnderWay: (MessageID) -> Bool) {
        guard count >= Limits.sentMessages else { return }
        let wanted = min(count - Limits.sentMessages + 1, SentHistory.batch)
        var oldest: [(key: [UInt8], id: MessageID)] = []
        view.scan(.outbox, prefix: OutboxTable.history) { key, value in
            if let id = value.withUnsafeBytes({ MessageID(Array($0)) }), !isUnderWay(id) {
                oldest.append((key.withUnsafeBytes { Array($0) }, id))
            }
            return oldest.count < wanted
        }
        for (key, id) in oldest { remove(id, at: key, sentBy: person, from: &view) }
    }

    /// Deletes a message that has ended, in a batch of its own.
    mutating func delete(_ id: MessageID, _ entry: OutboxEntry, sentBy person: PeerID, from view: inout StoreView) {
        remove(id, at: OutboxTable.historyKey(entry.sequence), sentBy: person, from: &view)
        view.putNumber(.outbox, OutboxTable.historyCount, count)
    }

    private mutating func remove(
        _ id: MessageID, at key: [UInt8], sentBy person: PeerID, from view: inout StoreView
    ) {
        if let entry = view.outboxEntry(id) {
            // What this person wrote to themselves stands in the conversation as received, and stays there with the inbox.
            if entry.to != person, let lamport = view.outboxContent(id)?.lamport {
                view.removeFromHistory(InboxPosition(lamport: lamport, from: person, id: id), with: entry.to)
            }
            if let keyHash = entry.keyHash { view.remove(.outbox, OutboxTable.repeatKey(keyHash)) }
            if entry.number > 0 { view.remove(.inbox, InboxTable.arrivalKey(entry.number)) }
        }
        view.remove(.outbox, key)
        view.remove(.outbox, OutboxTable.entryKey(id))
        view.remove(.outbox, OutboxTable.contentKey(id))
        count -= min(count, 1)
    }
}
