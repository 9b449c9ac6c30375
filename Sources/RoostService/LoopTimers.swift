import NIOCore

/// The timers of a loop: mostly some dozens.
package struct LoopTimers {
    private struct Entry {
        let deadline: NIODeadline
        let number: UInt64
        let task: @Sendable () -> Void
    }

    /// The next one last; of two for one time, the one that was added first.
    private var entries: [Entry] = []
    private var lastNumber: UInt64 = 0

    package init() {}

    /// Adds one; its number, by which it can be removed.
    package mutating func add(at deadline: NIODeadline, _ task: @escaping @Sendable () -> Void) -> UInt64 {
        lastNumber += 1
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].deadline > deadline { low = middle + 1 } else { high = middle }
        }
        entries.insert(Entry(deadline: deadline, number: lastNumber, task: task), at: low)
        return lastNumber
    }

    package mutating func remove(_ number: UInt64) {
        if let place = entries.lastIndex(where: { $0.number == number }) { entries.remove(at: place) }
    }

    /// Removes and returns the next one that is due.
    package mutating func next(dueBy now: NIODeadline) -> (@Sendable () -> Void)? {
        guard let last = entries.last, last.deadline <= now else { return nil }
        entries.removeLast()
        return last.task
    }

    /// Milliseconds until the next one is due, rounded up so that it is due then; -1 where there is none.
    package func pause(from now: NIODeadline) -> CInt {
        guard let last = entries.last else { return -1 }
        let nanoseconds = max(0, (last.deadline - now).nanoseconds)
        return CInt(clamping: nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 == 0 ? 0 : 1))
    }
}
