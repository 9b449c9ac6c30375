import Basics
import NIOCore
import PeerCore

/// Callers that wait for news of something, each until its own deadline.
///
/// A caller takes a place, looks whether what it waits for is there, and if it isn't, waits. It may be suspended between the last two:
/// the place then keeps the news.
package struct Waiters {
    /// What there can be news of.
    package enum Subject: Hashable, Sendable {
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
    package enum Wake: Sendable {
        /// There is news: look again.
        case news
        /// It could not be made durable; the sentence says why.
        case failed(reason: String)
        case deadline
        case cancelled
        case stopped
    }

    /// A caller's place among those that wait.
    package struct Place: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Waiter {
        let subject: Subject
        /// Nil until the caller waits.
        var continuation: CheckedContinuation<Wake, Never>?
        var deadline: Scheduled<Void>?
        /// What has come before it did.
        var early: Wake?
    }

    private var waiters: [Place: Waiter] = [:]
    private var lastNumber: UInt64 = 0

    package init() {}

    /// Takes a place: from now on no news of the subject is missed. It is left by `wait` or `leave`.
    package mutating func enter(for subject: Subject) -> Place {
        lastNumber += 1
        let place = Place(number: lastNumber)
        waiters[place] = Waiter(subject: subject)
        return place
    }

    /// There is nothing to wait for.
    package mutating func leave(_ place: Place) { waiters[place] = nil }

    /// The caller waits from now on. Where there was news already it goes on at once.
    package mutating func wait(
        at place: Place, _ continuation: CheckedContinuation<Wake, Never>, _ deadline: Scheduled<Void>?
    ) {
        guard let waiter = waiters[place] else {
            // To look once more harms nobody; to wait without a place would never end.
            deadline?.cancel()
            return continuation.resume(returning: .news)
        }
        waiters[place]?.continuation = continuation
        waiters[place]?.deadline = deadline
        if let early = waiter.early { wake(place, early) }
    }

    /// Wakes one waiter, unless it has been woken already.
    package mutating func wake(_ place: Place, _ reason: Wake) {
        guard let waiter = waiters[place] else { return }
        guard let continuation = waiter.continuation else {
            // A failure says more than that there is news.
            if case .news = reason, waiter.early != nil { return }
            waiters[place]?.early = reason
            return
        }
        waiters[place] = nil
        waiter.deadline?.cancel()
        continuation.resume(returning: reason)
    }

    /// Wakes all waiters for a subject.
    package mutating func wake(_ subject: Subject, _ reason: Wake) {
        for (place, waiter) in waiters where waiter.subject == subject { wake(place, reason) }
    }

    /// Wakes all waiters.
    package mutating func wakeAll(_ reason: Wake) {
        for place in waiters.keys { wake(place, reason) }
    }
}
