import Basics

/// Notices when no node answers this one any more, and when one does again.
///
/// A cable that is pulled upstream leaves this machine's addresses and routes as they were, so that no driver has news of
/// it. What shows it is silence, and what ends it the first authentic datagram.
/// ```
///   online ──four contacts silent, nothing else came──▶ doubtful: some that live are asked
///     ▲ ▲                                                  │      │
///     │ └───────────────something came─────────────────────┘      │ 4 s of silence
///     └──something came: all that failed begins anew── offline ◀──┘
/// ```
/// While it is offline it asks a node every few seconds, so that the end is noticed soon.
struct Connectivity: Sendable {
    /// So many contacts that stay silent while nothing else comes are worth a question. Where many have died at once it is
    /// soon answered by one of the others.
    private static let silences = 4
    /// Contacts asked then, and how long they may take: until the last of several repetitions.
    private static let witnesses = 3
    private static let patience = Duration.seconds(4)
    /// The time between two questions is a sixtieth of the outage: the first minutes, in which people wait for their
    /// network, cost little, and a node that is offline for days asks seldom.
    private static let share = 60
    private static let shortestPause = Duration.seconds(2)
    private static let longestPause = Duration.seconds(30)
    /// After a restart, the time in which another isn't needed.
    private static let restartPause = Duration.seconds(5)

    private enum State: Equatable {
        case online
        case doubtful(hasAsked: Bool)
        /// Since something came last.
        case offline(since: Instant)
    }

    private var state = State.online
    private var silences = 0
    private var heardAt: Instant
    private var restartedAt: Instant?
    /// When a node is to be asked, or when the time to answer is over; nil while all is well.
    private(set) var nextProbe: Instant?

    init(now: Instant) { heardAt = now }

    /// A contact has stayed silent.
    mutating func recordSilence(now: Instant) {
        silences += 1
        guard state == .online, silences >= Connectivity.silences else { return }
        state = .doubtful(hasAsked: false)
        nextProbe = now
    }

    enum HeardOutcome {
        /// Nothing is new.
        case online
        /// The network is back after an outage.
        case returned
    }

    /// Something authentic came.
    mutating func recordHeard(now: Instant) -> HeardOutcome {
        silences = 0
        heardAt = now
        guard state != .online else { return .online }
        let wasOffline = if case .offline = state { true } else { false }
        state = .online
        nextProbe = nil
        if let restartedAt, now - restartedAt < Connectivity.restartPause { return .online }
        return wasOffline ? .returned : .online
    }

    /// All that had failed starts over.
    mutating func recordRestart(now: Instant) { restartedAt = now }

    enum Probe: Equatable {
        case none
        /// Contacts that live are to be asked: so many.
        case witnesses(Int)
        /// Any node is to be asked.
        case anybody
    }

    /// Whom to ask now whether the network is there.
    mutating func takeProbe(now: Instant) -> Probe {
        guard let due = nextProbe, due <= now else { return .none }
        switch state {
        case .online: return .none
        case .doubtful(hasAsked: false):
            state = .doubtful(hasAsked: true)
            nextProbe = now + Connectivity.patience
            return .witnesses(Connectivity.witnesses)
        case .doubtful(hasAsked: true):
            state = .offline(since: heardAt)
            nextProbe = now + Connectivity.shortestPause
            return .anybody
        case .offline(let since):
            let pause = (now - since) / Connectivity.share
            nextProbe = now + min(max(pause, Connectivity.shortestPause), Connectivity.longestPause)
            return .anybody
        }
    }
}
