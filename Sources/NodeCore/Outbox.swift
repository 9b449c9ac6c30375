import Basics
import Exchange
import Wire

/// What a node wants done, written by the node and drained by its driver after every call.
///
/// The driver owns it and reuses it, so that a datagram in and its answer out allocate nothing.
public struct Outbox: Sendable {
    /// Datagrams to send, in order.
    public var datagrams: DatagramQueue
    /// Datagrams to send from the second port, which nobody is ever sent to first: see `Node.handleProbeDatagram`.
    public var probes: DatagramQueue
    /// Events for whoever gave the commands that they answer.
    public var events: [NodeEvent]
    /// What the datagrams were for, since the driver last looked.
    public var traffic = Traffic()
    /// What else there is to count, since the driver last looked.
    public var activity = Activity()
    /// The room in which nodes work.
    var scratch = Scratch()

    public init() {
        datagrams = DatagramQueue()
        probes = DatagramQueue(capacity: 1)
        events = []
    }

    /// Counts the one datagram that was queued since there were so many bytes, if any.
    mutating func noteSent(_ kind: Traffic.Kind, since byteCount: Int) {
        guard datagrams.byteCount > byteCount else { return }
        let isInitiation = datagrams.lastType == DatagramKind.initiation.rawValue
        traffic.note(isInitiation ? .initiation : kind, bytes: datagrams.byteCount - byteCount)
    }

    /// Counts what sessions answered by themselves since there were so many bytes, where it is the answer to a hello.
    mutating func noteHelloAnswer(since byteCount: Int) {
        guard datagrams.byteCount > byteCount, datagrams.lastType == DatagramKind.helloAnswer.rawValue else { return }
        traffic.note(.hello, bytes: datagrams.byteCount - byteCount)
    }
}
