import Basics
import Wire

/// Datagrams waiting to be sent, each with what it is for. Their paths and one arena of bytes are both reused, so that
/// queueing allocates nothing.
public struct DatagramQueue: Sendable {
    fileprivate struct Entry {
        let path: Path
        let range: ByteRange
        let kind: Traffic.Kind
    }

    private var entries: [Entry] = []
    private var arena: [UInt8]
    private var used = 0

    /// Storage for `capacity` full datagrams; it grows when more are queued between two drains.
    public init(capacity: Int = 64) {
        entries.reserveCapacity(capacity)
        arena = [UInt8](repeating: 0, count: capacity * Limits.datagramSize)
    }

    /// The number of datagrams.
    public var count: Int { entries.count }

    public var isEmpty: Bool { entries.isEmpty }

    /// Queues a datagram of `count` bytes, at most `Limits.datagramSize`, all of which `fill` must write. `kind` is what
    /// it is counted as if it is sent.
    public mutating func append(
        over path: Path, as kind: Traffic.Kind, count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        precondition(count >= 0 && count <= Limits.datagramSize)
        if used + count > arena.count {
            arena.append(contentsOf: repeatElement(0, count: max(arena.count, Limits.datagramSize)))
        }
        let range = ByteRange(offset: used, count: count)
        arena.withUnsafeMutableBytes { fill(UnsafeMutableRawBufferPointer(rebasing: $0[range.bounds])) }
        used += count
        entries.append(Entry(path: path, range: range, kind: kind))
    }

    /// Queues a copy of `bytes`, at most `Limits.datagramSize`.
    public mutating func append(over path: Path, as kind: Traffic.Kind, _ bytes: RawSpan) {
        bytes.withUnsafeBytes { source in
            append(over: path, as: kind, count: source.count) { $0.copyMemory(from: source) }
        }
    }

    /// Visits the datagrams in the order in which they were queued; each pointer is valid only during its call.
    public func forEach(_ body: (Path, UnsafeRawBufferPointer) -> Void) {
        arena.withUnsafeBytes { arena in
            for entry in entries { body(entry.path, UnsafeRawBufferPointer(rebasing: arena[entry.range.bounds])) }
        }
    }

    /// Empties the queue: hands the datagrams to `send` in the order in which they were queued, and counts those for
    /// which it returns true because they have left this machine. Each pointer is valid only during its call.
    public mutating func drain(counting traffic: inout Traffic, send: (Path, UnsafeRawBufferPointer) -> Bool) {
        arena.withUnsafeBytes { arena in
            for entry in entries {
                let bytes = UnsafeRawBufferPointer(rebasing: arena[entry.range.bounds])
                if send(entry.path, bytes) { traffic.add(entry.kind, bytes: bytes.count) }
            }
        }
        removeAll()
    }

    /// Empties the queue at once: hands all datagrams to `send`, which returns the numbers of those that have not left this machine,
    /// and counts the others.
    public mutating func drain(countingBatch traffic: inout Traffic, send: (Batch) -> [Int]) {
        arena.withUnsafeBytes { arena in
            let refused = send(Batch(entries: entries, arena: arena))
            for (number, entry) in entries.enumerated() where refused.isEmpty || !refused.contains(number) {
                traffic.add(entry.kind, bytes: entry.range.count)
            }
        }
        removeAll()
    }

    /// All datagrams of a queue, while it is emptied.
    public struct Batch {
        fileprivate let entries: [Entry]
        fileprivate let arena: UnsafeRawBufferPointer

        /// How many there are.
        public var count: Int { entries.count }

        /// Visits them in the order in which they were queued, each with its number, from 0. The pointers are valid until the
        /// queue is empty.
        public func visit(_ body: (Int, Path, UnsafeRawBufferPointer) -> Void) {
            for (number, entry) in entries.enumerated() {
                body(number, entry.path, UnsafeRawBufferPointer(rebasing: arena[entry.range.bounds]))
            }
        }
    }

    /// Empties the queue and keeps its storage.
    public mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        used = 0
    }
}
