import Basics
import NIOCore

/// The only clock: the event loop's for timers, so that an instant is a deadline of it, and the system's for civil time.
enum SystemClock {
    static func now() -> Now { Now(monotonic: Instant(NIODeadline.now()), utc: SystemCalls.utc()) }
}

extension Instant {
    init(_ deadline: NIODeadline) {
        self.init(sinceOrigin: .nanoseconds(Int64(clamping: deadline.uptimeNanoseconds)))
    }
}

extension NIODeadline {
    /// An instant far ahead becomes one some 136 years after the origin: more would overflow. What it wakes looks at the
    /// time again.
    init(_ instant: Instant) {
        let (seconds, attoseconds) = instant.sinceOrigin.components
        let bounded = min(max(seconds, 0), 1 << 32)
        self = .uptimeNanoseconds(UInt64(bounded) * 1_000_000_000 + UInt64(max(attoseconds, 0) / 1_000_000_000))
    }

    /// As long from now as the duration says; what is negative is now.
    static func after(_ duration: Duration) -> NIODeadline {
        NIODeadline(Instant(NIODeadline.now()) + min(max(duration, .zero), .seconds(1 << 31)))
    }
}
