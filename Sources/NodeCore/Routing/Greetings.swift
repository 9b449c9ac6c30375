import Basics
import Sessions

/// Checks under way of contacts with whom there is no session: hellos that wait for their answers.
///
/// A flat array in no order, as of `RequestTable`.
struct Greetings: Sendable {
    struct Greeting: Sendable {
        let contact: Contact
        let endpoint: Endpoint
        /// Only an answer that repeats it is believed.
        let nonce: UInt64
        /// When it was first sent.
        let sentAt: Instant
        var deadline: Instant
        /// How often it was sent.
        var attempt: Int
    }

    private var underWay: [Greeting] = []
    /// The earliest deadline.
    private(set) var nextDeadline: Instant?

    var count: Int { underWay.count }
    var isFull: Bool { underWay.count >= Limits.greetings }

    /// Bytes of the room reserved.
    var memory: Int { underWay.capacity * MemoryLayout<Greeting>.stride }

    func contains(_ node: NodeID) -> Bool { underWay.contains { $0.contact.id == node } }

    mutating func insert(_ greeting: Greeting) {
        underWay.append(greeting)
        nextDeadline = min(nextDeadline ?? greeting.deadline, greeting.deadline)
    }

    /// Takes out the one that is answered by whom it was for, from where it was sent to. Others' answers leave it waiting for
    /// the true one.
    mutating func take(_ answer: HelloAnswer, from endpoint: Endpoint) -> Greeting? {
        underWay.firstIndex {
            $0.nonce == answer.nonce && $0.endpoint == endpoint && $0.contact.key == answer.key
        }.map { remove(at: $0) }
    }

    /// Takes out one whose deadline has passed, or nil when there is none.
    mutating func takeExpired(now: Instant) -> Greeting? {
        guard let nextDeadline, nextDeadline <= now else { return nil }
        return underWay.firstIndex { $0.deadline <= now }.map { remove(at: $0) }
    }

    private mutating func remove(at index: Int) -> Greeting {
        let greeting = underWay[index]
        underWay.swapAt(index, underWay.count - 1)
        underWay.removeLast()
        // A burst leaves no room behind that is never filled again.
        if underWay.capacity > 8, underWay.count < 2 { underWay = underWay.map(\.self) }
        if greeting.deadline == nextDeadline { nextDeadline = underWay.lazy.map(\.deadline).min() }
        return greeting
    }
}
