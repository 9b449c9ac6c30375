import Basics

/// What is to happen when, besides what hosts cause themselves. For the same instant, the action planned first happens
/// first.
struct Agenda<Action> {
    private var entries: [(at: Instant, number: UInt64, action: Action)] = []
    private var count: UInt64 = 0

    var next: Instant? { entries.last?.at }

    mutating func plan(_ action: Action, at instant: Instant) {
        count += 1
        // Kept with the earliest last; most of what is planned lies far ahead, so that little moves.
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].at > instant { low = middle + 1 } else { high = middle }
        }
        entries.insert((instant, count, action), at: low)
    }

    mutating func takeNext() -> Action? { entries.popLast()?.action }
}
