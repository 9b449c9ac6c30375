import Basics
import Exchange
import Sessions
import Wire

/// What a node wants done, written by the node and drained by its driver after every call.
///
/// The driver owns it and reuses it, so that a datagram in and its answer out allocate nothing.
public struct Outbox: Sendable {
    /// Datagrams to send, in order.
    public var datagrams: DatagramQueue
    /// Datagrams to send from the second port, to which no node is told to send: see `Node.handleProbeDatagram`.
    public var probes: DatagramQueue
    /// Events for the side that gave the commands that they answer.
    public var events: [NodeEvent]
    /// What was sent, since the driver last looked.
    public var traffic = Traffic()
    /// What else there is to count, since the driver last looked.
    public var activity = Activity()
    /// What came of larger things, one by one, where the driver wants to know.
    public var reports = NodeReports()
    /// How often rare branches were reached, where the driver counts them.
    public var marks = Marks()
    /// The rare paths that are switched on: none, but in simulations that ask for it.
    public var buggify = Buggify()
    /// The room in which nodes work.
    var scratch = Scratch()
    /// The time of the call under way.
    var now = Now(monotonic: .origin, utc: UnixTime(seconds: 0))
    /// The randomness of the node whose call is under way.
    var randomness = Randomness()

    public init() {
        datagrams = DatagramQueue()
        probes = DatagramQueue(capacity: 1)
        events = []
    }

    /// Sends what is queued by `send`, and counts what has left: see `DatagramQueue.drain`.
    public mutating func drainDatagrams(send: (Path, UnsafeRawBufferPointer) -> Bool) {
        datagrams.drain(counting: &traffic, send: send)
    }

    /// The same for what is to leave from the second port.
    public mutating func drainProbes(send: (Path, UnsafeRawBufferPointer) -> Bool) {
        probes.drain(counting: &traffic, send: send)
    }

    /// Sends all that is queued at once by `send`, which returns the numbers of those that have not left.
    public mutating func sendDatagrams(_ send: (DatagramQueue.Batch) -> [Int]) {
        datagrams.drain(countingBatch: &traffic, send: send)
    }
}
