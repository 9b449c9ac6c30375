import Basics
import Exchange

/// What a command under way is for.
enum Errand: Hashable {
    case record(PeerID)
    case direct(MessageID)
    case deposit(MessageID)
    case collect(Epoch)
    case discard(Epoch)
    case readOwnRecord(Epoch)
    case publish(Epoch)
}

/// The commands under way, ascending by ID: some dozens.
struct Errands {
    private var entries: [(id: CommandID, errand: Errand)] = []
    private var lastNumber: UInt64 = 0

    subscript(id: CommandID) -> Errand? {
        let index = firstIndex(notBefore: id)
        return index < entries.count && entries[index].id == id ? entries[index].errand : nil
    }

    /// The IDs, ascending.
    var ids: [CommandID] { entries.map(\.id) }

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

    mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

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
