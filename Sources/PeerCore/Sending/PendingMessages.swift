import Basics
import Conversations

/// The pending messages, and the places for those under way: few at a time, in the order in which their times came.
struct PendingMessages {
    private var messages: [MessageID: PendingMessage] = [:]
    /// Those whose time has come and that wait for a place, in the order in which they came. Some may have gone since.
    private var ready: [MessageID] = []
    private var underWay = 0
    /// How many of them are messages, and not receipts.
    private(set) var messageCount = 0

    subscript(id: MessageID) -> PendingMessage? { messages[id] }

    mutating func insert(_ pending: PendingMessage) {
        messages[pending.id] = pending
        if pending.entry.kind == .message { messageCount += 1 }
    }

    mutating func remove(_ id: MessageID) {
        guard let pending = messages.removeValue(forKey: id) else { return }
        if pending.isUnderWay { underWay -= 1 }
        if pending.entry.kind == .message { messageCount -= 1 }
    }

    /// Tells a pending message what happens to it, and counts the places that are taken. Nil where there is none.
    @discardableResult
    mutating func change<Result>(_ id: MessageID, _ body: (inout PendingMessage) -> Result) -> Result? {
        guard var pending = messages[id] else { return nil }
        let before = pending.isUnderWay
        let result = body(&pending)
        underWay += (pending.isUnderWay ? 1 : 0) - (before ? 1 : 0)
        messages[id] = pending
        return result
    }

    /// The pending messages that are to be sealed again, to a recipient's present record, in the order of acceptance.
    func superseded(by record: PeerRecord, _ now: UnixTime) -> [MessageID] {
        messages.values.filter { $0.isSuperseded(by: record, now) }
            .sorted { $0.entry.sequence < $1.entry.sequence }.map(\.id)
    }

    /// The resting messages that were sealed in the same session as another and may be sealed again, in the order of acceptance.
    func resting(sealedAs other: PendingMessage, _ now: UnixTime) -> [MessageID] {
        guard let session = other.entry.sealing?.session else { return [] }
        return messages.values
            .filter { pending in
                guard pending.isResting, pending.entry.to == other.entry.to, let sealing = pending.entry.sealing else {
                    return false
                }
                return sealing.session == session && !sealing.isCollected && sealing.mayBeRepeated(now)
            }
            .sorted { $0.entry.sequence < $1.entry.sequence }.map(\.id)
    }

    // MARK: Turns

    /// The time of a pending message has come. Returns whether it was resting, and now waits for its turn.
    mutating func becomeReady(_ id: MessageID) -> Bool {
        guard change(id, { $0.becomeReady() }) == true else { return false }
        ready.append(id)
        return true
    }

    /// Lets an attempt that can't go on now wait.
    mutating func postpone(_ id: MessageID) {
        change(id) { $0.postpone() }
        ready.append(id)
    }

    /// Starts the attempt whose turn has come, if there is a place for it.
    mutating func startNext() -> PendingMessage? {
        while underWay < Limits.attemptsUnderWay, !ready.isEmpty {
            // Messages go first: strangers who are owed receipts and can't be found must not hold them up.
            let id = ready.remove(at: ready.firstIndex { messages[$0]?.entry.kind == .message } ?? 0)
            if change(id, { $0.startAttempt() }) == true { return messages[id] }
        }
        return nil
    }

    /// Removes all from the waiting line.
    mutating func removeReady() -> [MessageID] {
        defer { ready = [] }
        return ready
    }
}
