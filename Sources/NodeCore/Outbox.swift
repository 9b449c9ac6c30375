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
    /// What the datagrams were for, since the driver last looked.
    public var traffic = Traffic()
    /// What else there is to count, since the driver last looked.
    public var activity = Activity()
    /// What came of larger things, one by one, where the driver wants to know.
    public var reports = NodeReports()
    /// The room in which nodes work.
    var scratch = Scratch()
    /// The time of the call under way. Every call that takes an outbox begins by setting it.
    var now = Now(monotonic: .origin, utc: UnixTime(seconds: 0))

    public init() {
        datagrams = DatagramQueue()
        probes = DatagramQueue(capacity: 1)
        events = []
    }

    /// Counts the one datagram that was queued after the queue held `byteCount` bytes, if any.
    mutating func noteSent(_ kind: Traffic.Kind, since byteCount: Int) {
        guard datagrams.byteCount > byteCount else { return }
        let isInitiation = datagrams.lastType == DatagramKind.initiation.rawValue
        count(isInitiation ? .initiation : kind, bytes: datagrams.byteCount - byteCount)
    }

    /// Counts the hello that was queued last.
    mutating func noteHelloSent() { count(.hello, bytes: HelloLayout.byteCount) }

    /// Counts a hello that was queued for the second port.
    mutating func noteProbeSent() {
        traffic.note(.hello, bytes: HelloLayout.byteCount)
        probes.tagLast(UInt8(Traffic.place(of: .hello)))
    }

    private mutating func count(_ kind: Traffic.Kind, bytes: Int) {
        traffic.note(kind, bytes: bytes)
        datagrams.tagLast(UInt8(Traffic.place(of: kind)))
    }

    /// A queued datagram, with this tag and so many bytes, didn't leave this machine: it doesn't count as sent. To be
    /// called before `traffic` is drained.
    public mutating func noteRefused(tag: UInt8?, bytes: Int) {
        if let tag { traffic.withdraw(place: Int(tag), bytes: bytes) }
    }

    /// Counts what sessions answered by themselves after the queue held `byteCount` bytes, if it is the answer to a
    /// hello.
    mutating func noteHelloAnswer(since byteCount: Int) {
        guard datagrams.byteCount > byteCount, datagrams.lastType == DatagramKind.helloAnswer.rawValue else { return }
        count(.hello, bytes: datagrams.byteCount - byteCount)
    }
}
