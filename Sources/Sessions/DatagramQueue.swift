import Basics
import Wire

/// Datagrams waiting to be sent. Their paths and one arena of bytes are both reused, so that queueing allocates
/// nothing.
public struct DatagramQueue: Sendable {
    private struct Entry {
        let path: Path
        let range: ByteRange
        var tag: UInt8?
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

    /// Bytes of all datagrams together.
    public var byteCount: Int { used }

    /// The first byte of the datagram queued last, which tells its type.
    public var lastType: UInt8? { entries.last.flatMap { $0.range.count > 0 ? arena[$0.range.offset] : nil } }

    /// Queues a datagram of `count` bytes, at most `Limits.datagramSize`, all of which `fill` must write.
    public mutating func append(over path: Path, count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        precondition(count >= 0 && count <= Limits.datagramSize)
        if used + count > arena.count {
            arena.append(contentsOf: repeatElement(0, count: max(arena.count, Limits.datagramSize)))
        }
        let range = ByteRange(offset: used, count: count)
        arena.withUnsafeMutableBytes { fill(UnsafeMutableRawBufferPointer(rebasing: $0[range.bounds])) }
        used += count
        entries.append(Entry(path: path, range: range))
    }

    /// Sets the mark of the datagram queued last; its meaning is the caller's.
    public mutating func tagLast(_ tag: UInt8) {
        guard !entries.isEmpty else { return }
        entries[entries.count - 1].tag = tag
    }

    /// Queues a copy of `bytes`, at most `Limits.datagramSize`.
    public mutating func append(over path: Path, _ bytes: RawSpan) {
        bytes.withUnsafeBytes { source in append(over: path, count: source.count) { $0.copyMemory(from: source) } }
    }

    /// Visits the datagrams in the order in which they were queued; each pointer is valid only during its call.
    public func forEach(_ body: (Path, UnsafeRawBufferPointer) -> Void) {
        arena.withUnsafeBytes { arena in
            for entry in entries { body(entry.path, UnsafeRawBufferPointer(rebasing: arena[entry.range.bounds])) }
        }
    }

    /// The same, with the tag of each, where it has one.
    public func forEachTagged(_ body: (Path, UnsafeRawBufferPointer, UInt8?) -> Void) {
        arena.withUnsafeBytes { arena in
            for entry in entries {
                body(entry.path, UnsafeRawBufferPointer(rebasing: arena[entry.range.bounds]), entry.tag)
            }
        }
    }

    /// Empties the queue and keeps its storage. Called by the driver once it has sent everything.
    public mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        used = 0
    }
}
