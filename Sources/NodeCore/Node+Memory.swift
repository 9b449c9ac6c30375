import Basics
import Sessions
import Wire

/// What a node occupies in memory, in bytes, by what holds it: from the room that was reserved, used or not.
public struct NodeMemory: Hashable, Sendable {
    /// The routing table.
    public var table = 0
    /// Sessions, handshakes under way, and what is remembered of addresses.
    public var sessions = 0
    /// Requests under way.
    public var requests = 0
    /// The node itself, and its scratch space.
    public var node = 0

    public init() {}
}

extension Node {
    public var memory: NodeMemory {
        let scratch = Limits.datagramSize + 2 * Limits.bodySize + contacts.capacity * MemoryLayout<Contact>.stride
        var memory = NodeMemory()
        memory.table = table.memory
        memory.sessions = sessions.memory
        memory.requests = requests.memory
        memory.node = MemoryLayout<Node>.size + scratch
        return memory
    }
}
