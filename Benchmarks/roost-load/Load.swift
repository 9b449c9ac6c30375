import Basics
import Sessions

/// What becomes of a datagram that has come.
enum Taken {
    /// It is the answer that was waited for, to the request with this number.
    case answered(UInt32)
    /// The request was refused.
    case refused(UInt32)
    /// The answer is not what was asked for, or doesn't open.
    case wrong
    /// It has nothing to do with the requests.
    case nothing
}

/// Requests of one kind, and how their answers are checked.
protocol Load {
    /// The sockets that it is sent from; request n belongs to socket n modulo their number.
    var sockets: [BatchSocket] { get }

    /// Whatever must be done before requests can be sent.
    mutating func prepare() throws(LoadError)

    /// Queues request `number`.
    mutating func ask(_ number: UInt32, now: Instant, into queue: inout DatagramQueue)

    /// Reads what has come to a socket; what this makes necessary is queued.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer, from endpoint: Endpoint, at socket: Int, now: Instant,
        into queue: inout DatagramQueue
    ) -> Taken
}
