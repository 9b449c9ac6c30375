import Basics
import Wire

/// Asks third nodes whether a node can be reached by dials of their own: a newcomer to the routing table, or this node.
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
    private let needed: Int
    private var inquiries: [Inquiry]
    /// Marks reached since it began.
    private(set) var marks = MarkSet()

    init(_ role: ReachSubject, of subject: Contact, at endpoint: Endpoint, by confirmers: [Contact]) {
        self.role = role
        self.subject = subject
        self.endpoint = endpoint
        needed = role == .own ? confirmers.count / 2 + 1 : 1
        inquiries = confirmers.map { Inquiry(confirmer: $0) }
    }

    /// Nil while it isn't clear.
    var verdict: ReachVerdict? {
        let reached = inquiries.count { $0.state == .answered(isReached: true) }
        if reached >= needed { return .reached }
        guard reached + inquiries.count(where: \.isOpen) < needed else { return nil }
        return inquiries.count { $0.state == .answered(isReached: false) } >= needed ? .denied : .undecided
    }

    mutating func next(now: Now) -> OperationStep {
        guard verdict == nil else { return .finished }
        if let index = dueInquiry(now.monotonic) {
            inquiries[index].state = .asked
            inquiries[index].requests += 1
            return .ask(
                inquiries[index].confirmer, .confirm(subject.key, at: endpoint), .question(.reach, attempt: index))
        }
        return .wait(until: inquiries.lazy.compactMap(\.pauseEnd).min())
    }

    private func dueInquiry(_ now: Instant) -> Int? {
        if let index = inquiries.firstIndex(where: { $0.pauseEnd.map { $0 <= now } ?? false }) { return index }
        let reached = inquiries.count { $0.state == .answered(isReached: true) }
        guard reached + inquiries.count(where: \.isUnderWay) < needed else { return nil }
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
            inquiries[index].state = .paused(until: context.now.monotonic + Confirmation.pause * inquiry.requests)
        default: inquiries[index].state = .failed
        }
    }

    /// After so long a third node is asked again for the first time; then after twice as long, and so on.
    private static let pause = Duration.milliseconds(300)

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
