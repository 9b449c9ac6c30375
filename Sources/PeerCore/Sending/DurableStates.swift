import Basics

/// How far each sent message under way has come, as far as that is durable: what is counted for people is never ahead of
/// what they are told.
struct DurableStates {
    private var underWay: [MessageID: (state: MessageState, acceptedAt: UnixTime)] = [:]
    private var counts = [Int](repeating: 0, count: MessageState.allCases.count)

    /// Messages under way.
    var count: Int { underWay.count }

    /// Messages under way in a state.
    func count(in state: MessageState) -> Int { counts[Int(state.rawValue)] }

    /// When the oldest message that is stored nowhere but here was accepted; nil if there is none.
    var oldestQueued: UnixTime? {
        guard count(in: .queued) > 0 else { return nil }
        return underWay.values.filter { $0.state == .queued }.map(\.acceptedAt).min()
    }

    /// A message's entry is durable. Receipts aren't counted, nor messages that have ended.
    mutating func becameDurable(_ id: MessageID, _ entry: OutboxEntry) {
        guard entry.kind == .message else { return }
        if let before = underWay.removeValue(forKey: id) { counts[Int(before.state.rawValue)] -= 1 }
        guard entry.state.isUnderWay else { return }
        underWay[id] = (entry.state, entry.acceptedAt)
        counts[Int(entry.state.rawValue)] += 1
    }
}
