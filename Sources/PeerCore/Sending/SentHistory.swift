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

    /// Makes room for one more message, in the batch that adds it.
    mutating func makeRoom(in view: inout StoreView, isUnderWay: (MessageID) -> Bool) {
        guard count >= Limits.sentMessages else { return }
        let wanted = min(count - Limits.sentMessages + 1, SentHistory.batch)
        var oldest: [(key: [UInt8], id: MessageID)] = []
        view.scan(.outbox, prefix: OutboxTable.history) { key, value in
            if let id = value.withUnsafeBytes({ MessageID(Array($0)) }), !isUnderWay(id) {
                oldest.append((key.withUnsafeBytes { Array($0) }, id))
            }
            return oldest.count < wanted
        }
        for (key, id) in oldest {
            if let keyHash = view.outboxEntry(id)?.keyHash { view.remove(.outbox, OutboxTable.repeatKey(keyHash)) }
            view.remove(.outbox, key)
            view.remove(.outbox, OutboxTable.entryKey(id))
            view.remove(.outbox, OutboxTable.contentKey(id))
        }
        count -= UInt64(oldest.count)
    }
}
