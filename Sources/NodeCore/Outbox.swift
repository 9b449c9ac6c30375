import Basics
import Exchange
import Wire

/// What a node wants done, written by the node and drained by its driver after every call.
///
/// The driver owns it and reuses it, so that a datagram in and its answer out allocate nothing.
public struct Outbox: Sendable {
    /// Datagrams to send, in order.
    public var datagrams: DatagramQueue
    /// Events for whoever gave the commands that they answer.
    public var events: [NodeEvent]

    public init() {
        datagrams = DatagramQueue()
        events = []
    }
}
