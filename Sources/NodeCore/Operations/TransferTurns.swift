import Basics
import Sessions

/// Which operations may bring something to a node now. One session carries no more at a time than the node allows to be
/// incomplete (`Limits`); the others wait in the order in which they came.
///
/// The node would refuse more than that as busy, and a refusal costs a second. So an operation waits here, and its turn
/// comes when another's transfer is over.
package struct TransferTurns: Sendable {
    /// The session with a node, there or to be opened.
    private struct Way: Hashable, Sendable {
        let identity: IdentityID
        let node: NodeID
    }

    private struct Entry: Sendable {
        let operation: UInt64
        let size: Int
        var isOpen = false
    }

    /// Those whose turn it is come first.
    private var queues: [Way: [Entry]] = [:]
    /// Where each operation stands in line.
    private var ways: [UInt64: [Way]] = [:]
    private var woken: [UInt64] = []
    /// Whether the pacer lets a chunk go now.
    package var mayUpload = false
    /// The operation that is asked what it wants.
    package var operation: UInt64 = 0

    package init() {}

    /// Whether the operation may begin to bring something of `size` bytes to a node; else it waits in line.
    package mutating func enter(_ node: NodeID, as identity: IdentityID, size: Int) -> Bool {
        let way = Way(identity: identity, node: node)
        var queue = queues[way] ?? []
        if let entry = queue.first(where: { $0.operation == operation }) { return entry.isOpen }
        queue.append(Entry(operation: operation, size: size))
        ways[operation, default: []].append(way)
        _ = TransferTurns.open(&queue)
        queues[way] = queue
        return queue.last?.isOpen ?? false
    }

    /// What the operation brings to a node is over.
    package mutating func leave(_ node: NodeID, as identity: IdentityID) {
        let way = Way(identity: identity, node: node)
        ways[operation]?.removeAll { $0 == way }
        leave(way, operation)
    }

    /// An operation is over, and all that it brings.
    package mutating func leaveAll(_ operation: UInt64) {
        for way in ways.removeValue(forKey: operation) ?? [] { leave(way, operation) }
    }

    private mutating func leave(_ way: Way, _ operation: UInt64) {
        guard var queue = queues[way] else { return }
        queue.removeAll { $0.operation == operation }
        woken += TransferTurns.open(&queue)
        queues[way] = queue.isEmpty ? nil : queue
    }

    /// An operation whose turn has come since; nil where there is none.
    package mutating func takeWoken() -> UInt64? { woken.isEmpty ? nil : woken.removeFirst() }

    /// Opens as many entries, in order, as the node takes beside those under way. Returns the operations that waited.
    private static func open(_ queue: inout [Entry]) -> [UInt64] {
        var (count, bytes) = (0, 0)
        var opened: [UInt64] = []
        for index in queue.indices {
            count += 1
            bytes += queue[index].size
            if queue[index].isOpen { continue }
            // One alone may go, whatever its size: the node says whether it is too large.
            guard count == 1 || (count <= Limits.assembliesPerSession && bytes <= Limits.assemblyBytesPerSession) else {
                break
            }
            queue[index].isOpen = true
            opened.append(queue[index].operation)
        }
        return opened
    }
}
