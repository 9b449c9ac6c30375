import Basics

/// What an agent may do by the civil clock: what its node said last, unless the clock has jumped since.
struct ClockGuard {
    private var reported = ClockStanding.unconfirmed
    private var watch: ClockWatch
    private var hasJumped = false
    /// Whether it was found to be wrong, or has jumped, since it could last be used.
    private var wasInDoubt = false
    /// How many seconds behind the civil clock is to be erased.
    private var erasureDelay: Int64 = 0

    init(_ now: Now) { watch = ClockWatch(now) }

    /// To be called before anything is done by civil time.
    mutating func look(_ now: Now) {
        hasJumped = watch.hasJumped(now)
        if hasJumped { wasInDoubt = true }
    }

    /// What a report of the node changes.
    enum News {
        /// The clock can't be used.
        case isInDoubt
        /// It can be used, as it could before.
        case isUsable
        /// It can be used again: every wait that it was the cause of ends.
        case hasRecovered
    }

    /// The node says how far the clock can be relied on.
    mutating func report(_ standing: ClockStanding, _ now: Now) -> News {
        reported = standing
        watch = ClockWatch(now)
        hasJumped = false
        guard standing.isUsable else {
            wasInDoubt = true
            return .isInDoubt
        }
        defer { wasInDoubt = false }
        return wasInDoubt ? .hasRecovered : .isUsable
    }

    /// The node says by how much the erasing of what is over is to be delayed.
    mutating func delayErasure(bySeconds seconds: Int64) { erasureDelay = seconds }

    var standing: ClockStanding { hasJumped ? .unconfirmed : reported }

    /// As `ClockStanding` has it.
    var isConfirmed: Bool { standing.isConfirmed }
    var isUsable: Bool { standing.isUsable }

    /// The time by which to do what can't be undone: erasing, expiring, giving up. Nil while none of that may be done.
    func erasingTime(_ now: Now) -> UnixTime? {
        isConfirmed ? now.utc.advanced(bySeconds: -erasureDelay) : nil
    }
}
