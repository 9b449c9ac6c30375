import Basics

/// One thing to be done at its time. An item stands on the agenda at most once.
package enum AgendaItem: Hashable {
    case attempt(MessageID)
    case deposit(MessageID)
    case receipts(PeerID)
    case poll(Epoch)
    /// Fetching what was announced has taken long, and more has been announced.
    case stall(Epoch)
    case discard(Epoch)
    case publish
    /// A peer was blocked: a way to them is to be closed.
    case farewell(PeerID)
    case ordering
    case numbering
    case indexing
    case housekeeping

    var reason: PeerDeadline {
        switch self {
        case .attempt, .deposit: .sending
        case .receipts: .receipts
        case .poll, .stall: .polling
        case .discard: .discarding
        case .publish: .publishing
        case .farewell: .sending
        case .ordering: .ordering
        case .numbering, .indexing: .numbering
        case .housekeeping: .housekeeping
        }
    }
}

/// What is to be done when: a binary heap in which an item that was moved leaves its old entry to be skipped.
///
/// The next deadline is asked for after every datagram and costs nothing; what is due at the same time is done in the
/// order in which it was set.
package struct Agenda {
    private struct Entry {
        let at: Instant
        let order: UInt64
        let item: AgendaItem

        func precedes(_ other: Entry) -> Bool { (at, order) < (other.at, other.order) }
    }

    private var heap: [Entry] = []
    /// The entry of each item that counts: its order, and when it is due.
    private var current: [AgendaItem: (order: UInt64, at: Instant)] = [:]
    private var lastOrder: UInt64 = 0

    package init() {}

    /// The earliest item.
    package var next: (at: Instant, item: AgendaItem)? { heap.first.map { ($0.at, $0.item) } }

    package func contains(_ item: AgendaItem) -> Bool { current[item] != nil }

    /// Sets the time of an item, whether it had one or not.
    package mutating func set(_ item: AgendaItem, at instant: Instant) {
        lastOrder += 1
        current[item] = (lastOrder, instant)
        heap.append(Entry(at: instant, order: lastOrder, item: item))
        siftUp(heap.count - 1)
        dropSkipped()
    }

    /// When an item is due; nil where it doesn't stand on the agenda.
    package func time(of item: AgendaItem) -> Instant? { current[item]?.at }

    package mutating func remove(_ item: AgendaItem) {
        current[item] = nil
        dropSkipped()
    }

    package mutating func removeAll() {
        heap.removeAll(keepingCapacity: true)
        current.removeAll(keepingCapacity: true)
    }

    /// Takes the earliest item that is due.
    package mutating func popDue(_ now: Instant) -> AgendaItem? {
        guard let first = heap.first, first.at <= now else { return nil }
        current[first.item] = nil
        dropSkipped()
        return first.item
    }

    private func isSkipped(_ entry: Entry) -> Bool { current[entry.item]?.order != entry.order }

    /// Keeps the first entry one that counts, and the skipped ones fewer than the others.
    private mutating func dropSkipped() {
        while let first = heap.first, isSkipped(first) {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
            siftDown(0)
        }
        guard heap.count > 2 * current.count + 64 else { return }
        heap.removeAll(where: isSkipped)
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, heap[index].precedes(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && heap[child].precedes(heap[least]) { least = child }
            guard least != index else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
