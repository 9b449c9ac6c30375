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
    /// The node itself.
    public var node = 0

    public init() {}
}

extension Node {
    public var memory: NodeMemory {
        var memory = NodeMemory()
        memory.table = table.memory
        memory.sessions = sessions.memory
        memory.requests = requests.memory + greetings.memory + alternates.memory
        memory.node = MemoryLayout<Node>.size
        return memory
    }
}
