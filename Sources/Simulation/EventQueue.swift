import Basics

/// What happens to a host at a point of virtual time.
package enum HostEvent {
    /// A datagram arrives: where its bytes are, how many, and from and to which sockets.
    case datagram(slot: UnsafeMutableRawPointer, count: UInt16, from: VirtualSocket, to: VirtualSocket)
    /// The same for a host by way of a NAT: from the endpoint that is noted beside the bytes.
    case translated(slot: UnsafeMutableRawPointer, count: UInt16, to: VirtualSocket)
    /// A datagram comes to a NAT, from and to the outer endpoints that are noted beside the bytes.
    case outside(slot: UnsafeMutableRawPointer, count: UInt16)
    /// The timer that the host set rings.
    case wakeUp
    /// The disk reports how a group of batches ended, by its place among all under way.
    case commit(UInt32)

    /// Whether a datagram arrives at a host.
    var isDatagram: Bool {
        switch self {
        case .datagram, .translated: true
        case .outside, .wakeUp, .commit: false
        }
    }

    /// Where the bytes of a datagram are; nil where it is something else.
    var slot: UnsafeMutableRawPointer? {
        switch self {
        case .datagram(let slot, _, _, _), .translated(let slot, _, _), .outside(let slot, _): slot
        case .wakeUp, .commit: nil
        }
    }
}

/// Events in the order of time; those of the same instant by destination, source, and the source's own count, so that
/// the order doesn't depend on what unrelated hosts do.
package struct EventQueue {
    package struct Key: Comparable {
        /// Nanoseconds since the beginning.
        let nanoseconds: Int64
        package let destination: UInt32
        package let source: UInt32
        package let sequence: UInt64

        /// The destinations of events of NATs have this bit beside the NAT's number: they come after those of hosts.
        static let natBit: UInt32 = 1 << 31

        /// When it happens.
        package var at: Instant { Instant(sinceOrigin: .nanoseconds(nanoseconds)) }

        package init(at: Instant, destination: UInt32, source: UInt32, sequence: UInt64) {
            self.init(at.roundedUp, destination, source, sequence)
        }

        init(_ nanoseconds: Int64, _ destination: UInt32, _ source: UInt32, _ sequence: UInt64) {
            self.nanoseconds = nanoseconds
            (self.destination, self.source, self.sequence) = (destination, source, sequence)
        }

        package static func < (left: Key, right: Key) -> Bool {
            if left.nanoseconds != right.nanoseconds { return left.nanoseconds < right.nanoseconds }
            if left.destination != right.destination { return left.destination < right.destination }
            if left.source != right.source { return left.source < right.source }
            return left.sequence < right.sequence
        }
    }

    private struct Entry {
        let key: Key
        let event: HostEvent
    }

    /// A heap of four children each, the earliest at index 0.
    private var heap: [Entry] = []

    package init() {}

    package var count: Int { heap.count }
    package var nextTime: Instant? { heap.first?.key.at }
    /// What comes next, and when.
    var next: (key: Key, event: HostEvent)? { heap.first.map { ($0.key, $0.event) } }

    package mutating func push(_ event: HostEvent, _ key: Key) {
        heap.append(Entry(key: key, event: event))
        heap.withUnsafeMutableBufferPointer { heap in
            var child = heap.count - 1
            let entry = heap[child]
            while child > 0 {
                let parent = (child - 1) / 4
                guard key < heap[parent].key else { break }
                heap[child] = heap[parent]
                child = parent
            }
            heap[child] = entry
        }
    }

    package mutating func pop() -> (key: Key, event: HostEvent)? {
        guard let last = heap.popLast() else { return nil }
        guard let first = heap.first else { return (last.key, last.event) }
        heap.withUnsafeMutableBufferPointer { heap in
            var parent = 0
            while true {
                let firstChild = 4 * parent + 1
                guard firstChild < heap.count else { break }
                var least = firstChild
                for child in firstChild + 1..<max(firstChild + 1, min(firstChild + 4, heap.count))
                where heap[child].key < heap[least].key { least = child }
                guard heap[least].key < last.key else { break }
                heap[parent] = heap[least]
                parent = least
            }
            heap[parent] = last
        }
        return (first.key, first.event)
    }
}

extension Instant {
    /// Whole nanoseconds since the origin, rounded up: nothing happens before it is due. What is more than 280 years away
    /// is that.
    var roundedUp: Int64 {
        let (seconds, attoseconds) = sinceOrigin.components
        guard seconds < 9_000_000_000 else { return 9_000_000_000_000_000_000 }
        return seconds &* 1_000_000_000 &+ (attoseconds &+ 999_999_999) / 1_000_000_000
    }
}
