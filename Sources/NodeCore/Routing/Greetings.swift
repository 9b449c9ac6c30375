import Basics
import Sessions

/// Pending liveness checks of contacts with which there is no session: hellos that wait for their answers. No session
/// is opened just for a liveness check: a hello takes a twentieth of a handshake's bytes, and leaves nothing to be
/// kept.
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

        init(_ contact: Contact, at endpoint: Endpoint, nonce: UInt64, attempt: Int, now: Instant) {
            self.contact = contact
            self.endpoint = endpoint
            self.nonce = nonce
            self.attempt = attempt
            sentAt = now
            deadline = now
        }
    }

    private var underWay: [Greeting] = []
    /// The earliest deadline.
    private(set) var nextDeadline: Instant?

    var count: Int { underWay.count }
    var isFull: Bool { underWay.count >= Limits.greetings }

    /// Bytes of the room reserved.
    var memory: Int { underWay.capacity * MemoryLayout<Greeting>.stride }

    func contains(_ node: NodeID) -> Bool { underWay.contains { $0.contact.id == node } }

    /// A check has been sent, or not, and may take so long. If its address may not be asked now, the next check will
    /// ask; but a contact that has been asked already counts as silent.
    mutating func observe(_ greeting: Greeting, isSent: Bool, patience: Duration, now: Instant) {
        guard isSent || greeting.attempt > 1 else { return }
        var greeting = greeting
        greeting.deadline = now + patience
        underWay.append(greeting)
        nextDeadline = min(nextDeadline ?? greeting.deadline, greeting.deadline)
    }

    /// Removes the check that this answer matches: same nonce, key and endpoint. A forged answer leaves it pending.
    mutating func take(_ answer: HelloAnswer, from endpoint: Endpoint) -> Greeting? {
        underWay.firstIndex {
            $0.nonce == answer.nonce && $0.endpoint == endpoint && $0.contact.key == answer.key
        }.map { remove(at: $0) }
    }

    /// A check whose timeout has passed.
    enum Overdue {
        /// It is to be sent again.
        case `repeat`(Greeting)
        /// Its contact is silent.
        case silent(Greeting)
    }

    /// The next of them; nil where there is none. `attempts`: how often a contact is asked.
    mutating func nextOverdue(now: Instant, attempts: (NodeID) -> Int) -> Overdue? {
        guard let nextDeadline, nextDeadline <= now, let index = underWay.firstIndex(where: { $0.deadline <= now })
        else { return nil }
        var greeting = remove(at: index)
        guard greeting.attempt < attempts(greeting.contact.id) else { return .silent(greeting) }
        greeting.attempt += 1
        return .repeat(greeting)
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
