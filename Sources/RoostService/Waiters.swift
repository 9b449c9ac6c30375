import Basics
import NIOCore
import PeerCore

/// Callers that wait for news of something, each until its own deadline.
struct Waiters {
    /// What there can be news of.
    enum Subject: Hashable, Sendable {
        case message(MessageID)
        /// What the person's side has written.
        case writes
        case readiness
        /// The end of what the node can do.
        case failure
        /// Nothing more has to be sent to others before the end.
        case farewell
    }

    /// Why a caller goes on.
    enum Wake: Sendable {
        /// There is news: look again.
        case news
        /// It could not be made durable; the sentence says why.
        case failed(reason: String)
        case deadline
        case cancelled
        case stopped
    }

    private struct Waiter {
        let subject: Subject
        let continuation: CheckedContinuation<Wake, Never>
        var deadline: Scheduled<Void>?
    }

    private var waiters: [UInt64: Waiter] = [:]
    private var lastNumber: UInt64 = 0

    /// A number for the next waiter.
    mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    mutating func add(
        _ number: UInt64, for subject: Subject, _ continuation: CheckedContinuation<Wake, Never>,
        _ deadline: Scheduled<Void>?
    ) {
        waiters[number] = Waiter(subject: subject, continuation: continuation, deadline: deadline)
    }

    /// Wakes one waiter, unless it has been woken already.
    mutating func wake(_ number: UInt64, _ reason: Wake) {
        guard let waiter = waiters.removeValue(forKey: number) else { return }
        waiter.deadline?.cancel()
        waiter.continuation.resume(returning: reason)
    }

    /// Wakes all waiters for a subject.
    mutating func wake(_ subject: Subject, _ reason: Wake) {
        for number in waiters.filter({ $0.value.subject == subject }).keys { wake(number, reason) }
    }

    /// Wakes all waiters.
    mutating func wakeAll(_ reason: Wake) {
        for number in Array(waiters.keys) { wake(number, reason) }
    }
}
