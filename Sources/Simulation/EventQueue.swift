import Basics

/// What happens to a host at a point of virtual time.
enum HostEvent {
    /// A datagram arrives.
    case datagram([UInt8], from: Endpoint, to: VirtualSocket)
    /// The timer that the host set rings.
    case wakeUp
    /// The disk reports how a batch of the node's, or of the person's, writes ended.
    case commit(CommitBatch)
}

/// Events in the order of time; those of the same instant by destination, source, and the source's own count, so that
/// the order doesn't depend on what unrelated hosts do.
struct EventQueue {
    struct Key: Comparable {
        let at: Instant
        let destination: Int
        let source: Int
        let sequence: UInt64

        static func < (left: Key, right: Key) -> Bool {
            (left.at, left.destination, left.source, left.sequence)
                < (right.at, right.destination, right.source, right.sequence)
        }
    }

    /// A binary heap, the earliest at index 0.
    private var heap: [(key: Key, event: HostEvent)] = []

    var nextTime: Instant? { heap.first?.key.at }

    mutating func push(_ event: HostEvent, _ key: Key) {
        heap.append((key, event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].key < heap[parent].key else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> (key: Key, event: HostEvent)? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].key < heap[least].key { least = child }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
