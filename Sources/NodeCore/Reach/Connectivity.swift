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
///
/// A driver's news of a network may be early: a link is up, and nothing comes back over it for a while more. What started
/// over with such news may have failed again by the time that the first datagram comes. So if an answer was overdue by
/// then, all that had failed starts over once more.
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

    private enum State: Equatable {
        case online
        case doubtful(hasAsked: Bool)
        /// Since something came last.
        case offline(since: Instant)
    }

    /// What has come of the last restart.
    private enum Restart {
        case answered
        /// Nothing has come since.
        case unanswered
        /// The same, and an answer is overdue.
        case overdue
    }

    private var state = State.online
    private var restart = Restart.answered
    private var silences = 0
    private var heardAt: Instant?
    /// When a node is to be asked, or when the time to answer is over; nil while all is well.
    private(set) var nextProbe: Instant?

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
        let hasReturned =
            switch restart {
            case .answered: isOffline
            case .unanswered: false
            case .overdue: true
            }
        silences = 0
        heardAt = now
        restart = .answered
        state = .online
        nextProbe = nil
        return hasReturned ? .returned : .online
    }

    /// The driver has news of a network, and all that had failed starts over. Before anything has come nothing has failed.
    mutating func recordRestart() { if heardAt != nil { restart = .unanswered } }

    /// An answer to a request is overdue.
    mutating func recordOverdue() { if restart == .unanswered { restart = .overdue } }

    private var isOffline: Bool { if case .offline = state { true } else { false } }

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
            state = .offline(since: heardAt ?? now)
            nextProbe = now + Connectivity.shortestPause
            return .anybody
        case .offline(let since):
            let pause = (now - since) / Connectivity.share
            nextProbe = now + min(max(pause, Connectivity.shortestPause), Connectivity.longestPause)
            return .anybody
        }
    }
}
