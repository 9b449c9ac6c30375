import Basics
import Wire

/// Asks third nodes whether a node can be reached by dials of their own: a newcomer to the routing table, this node, or one
/// that asks about itself.
///
/// A third node that has to dial first says that it is busy, and is asked again. One that doesn't answer is not waited
/// for: the next is asked.
struct Confirmation {
    private struct Inquiry {
        enum State: Equatable {
            case planned
            case asked
            /// Asked, and late.
            case delayed
            /// Busy with the dial: to be asked again.
            case paused(until: Instant)
            case answered(isReached: Bool)
            case failed
        }
        let confirmer: Contact
        var state = State.planned
        var requests = 0
        var firstAskedAt: Instant?

        /// Whether an answer may still come.
        var isOpen: Bool {
            switch state {
            case .planned, .asked, .delayed, .paused: true
            case .answered, .failed: false
            }
        }

        /// When it is to be asked again.
        var pauseEnd: Instant? { if case .paused(let until) = state { until } else { nil } }

        /// Whether it counts as the one that is being asked.
        var isUnderWay: Bool {
            switch state {
            case .asked, .paused: true
            case .planned, .delayed, .answered, .failed: false
            }
        }
    }

    let role: ReachSubject
    let subject: Contact
    let endpoint: Endpoint
    /// So many decide at once: that reach it, and that don't.
    private let needed: (reached: Int, denied: Int)
    /// Where so many don't and the others can't say, they decide as well.
    private let majority: Int
    private var inquiries: [Inquiry]
    /// Marks reached since it began.
    private(set) var marks = MarkSet()

    init(_ role: ReachSubject, of subject: Contact, at endpoint: Endpoint, by confirmers: [Contact]) {
        self.role = role
        self.subject = subject
        self.endpoint = endpoint
        majority = role.isOwn ? min(Limits.confirmersToReach, confirmers.count / 2 + 1) : 1
        let denied =
            switch role {
            case .newcomer: Limits.confirmers
            case .own(let isOpen): isOpen ? Limits.confirmersToDeny : majority
            case .asker: 1
            }
        needed = (majority, denied)
        inquiries = confirmers.map { Inquiry(confirmer: $0) }
    }

    /// Nil while it isn't clear.
    var verdict: ReachVerdict? {
        let (reached, denied) = (count(reached: true), count(reached: false))
        if reached >= needed.reached { return .reached }
        if denied >= needed.denied { return .denied(isFirm: denied >= Limits.confirmersToDeny) }
        let open = inquiries.count(where: \.isOpen)
        let isOpen = reached + open >= needed.reached || denied + open >= needed.denied
        if denied >= majority { return open > 0 && isOpen ? nil : .denied(isFirm: false) }
        return open > 0 && (isOpen || denied + open >= majority) ? nil : .undecided
    }

    private func count(reached: Bool) -> Int { inquiries.count { $0.state == .answered(isReached: reached) } }

    mutating func next(now: Now) -> OperationStep {
        guard verdict == nil else { return .finished }
        if let index = dueInquiry(now.monotonic) {
            inquiries[index].state = .asked
            inquiries[index].requests += 1
            inquiries[index].firstAskedAt = inquiries[index].firstAskedAt ?? now.monotonic
            return .ask(
                inquiries[index].confirmer, .confirm(subject.key, at: endpoint, asStranger: role == .asker),
                .question(.reach, attempt: index))
        }
        return .wait(until: inquiries.lazy.compactMap(\.pauseEnd).min())
    }

    private func dueInquiry(_ now: Instant) -> Int? {
        if let index = inquiries.firstIndex(where: { $0.pauseEnd.map { $0 <= now } ?? false }) { return index }
        let wanted =
            role == .own(isOpen: true)
            ? Limits.confirmersAtOnce - count(reached: true) - count(reached: false)
            : needed.reached - count(reached: true)
        guard inquiries.count(where: \.isUnderWay) < wanted else { return nil }
        return inquiries.firstIndex { $0.state == .planned }
    }

    mutating func observe(_ response: Response, to token: RequestToken, from context: ResponseContext) {
        guard case .question(.reach, let index) = token else { return }
        let inquiry = inquiries[index]
        switch response {
        case .reached: inquiries[index].state = .answered(isReached: true)
        case .refused(.notFound, _): inquiries[index].state = .answered(isReached: false)
        case .refused(.busy, retryAfterSeconds: 0) where inquiry.requests < Limits.confirmRequests:
            marks.insert(.confirmerBusy)
            let (now, pause) = (context.now.monotonic, Confirmation.pause(after: inquiry.requests))
            inquiries[index].state = .paused(until: max((inquiry.firstAskedAt ?? now) + pause, now))
        default: inquiries[index].state = .failed
        }
    }

    /// How long after the first request a third node is asked again that has been asked so often: when a dial that is answered
    /// has been, then when one without an answer has failed, and from then on every quarter of a second.
    private static func pause(after requests: Int) -> Duration {
        requests == 1 ? Limits.probeRepetition : dial + .milliseconds(250) * (requests - 2)
    }

    private static let dial = Limits.probeRepetition * Limits.probeSends + .milliseconds(50)

    mutating func observe(_ silence: Silence, of token: RequestToken) {
        guard case .question(.reach, let index) = token else { return }
        switch silence {
        case .late:
            marks.insert(.confirmerLate)
            if inquiries[index].state == .asked { inquiries[index].state = .delayed }
        case .final: inquiries[index].state = .failed
        }
    }
}
