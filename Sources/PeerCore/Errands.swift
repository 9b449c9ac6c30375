import Basics
import Exchange

/// What a command under way is for.
enum Errand: Hashable {
    case record(PeerID, Epoch)
    case direct(MessageID)
    case deposit(MessageID)
    case collect(Epoch)
    /// Getting what buddies have announced.
    case receive(Epoch)
    case discard(Epoch)
    /// Offering a peer a way.
    case offer(PeerID)
    /// Opening a way to a peer, and keeping it open.
    case way(PeerID)
    case readOwnRecord(Epoch)
    case publish(Epoch)
}

/// The commands under way, ascending by ID: some dozens. They are noted here and nowhere else: a component that
/// waits for an answer asks here whether one is under way. There is one at most for each purpose, but for `publish`: the record of
/// an epoch and its policy are brought at once.
struct Errands {
    private var entries: [(id: CommandID, errand: Errand)] = []
    private var lastNumber: UInt64 = 0

    subscript(id: CommandID) -> Errand? {
        let index = firstIndex(notBefore: id)
        return index < entries.count && entries[index].id == id ? entries[index].errand : nil
    }

    /// Whether a command is under way for this.
    func isUnderWay(_ errand: Errand) -> Bool { entries.contains { $0.errand == errand } }

    /// A new ID. IDs stay below 2⁶³: those above are the driver's own.
    mutating func begin(_ errand: Errand) -> CommandID {
        lastNumber += 1
        let id = CommandID(number: lastNumber)
        entries.append((id, errand))
        return id
    }

    /// An ID for a command that nothing answers.
    mutating func unanswered() -> CommandID {
        lastNumber += 1
        return CommandID(number: lastNumber)
    }

    mutating func end(_ id: CommandID) {
        let index = firstIndex(notBefore: id)
        if index < entries.count, entries[index].id == id { entries.remove(at: index) }
    }

    /// Ends what is under way for this, for the node to be told; nil where nothing is.
    mutating func remove(_ errand: Errand) -> CommandID? {
        entries.firstIndex { $0.errand == errand }.map { entries.remove(at: $0).id }
    }

    /// Ends all that is under way, for the node to be told.
    mutating func removeAll() -> [CommandID] {
        defer { entries.removeAll(keepingCapacity: true) }
        return entries.map(\.id)
    }

    private func firstIndex(notBefore id: CommandID) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
