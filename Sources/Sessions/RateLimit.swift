import Basics

/// A token bucket that holds one second's worth of tokens, kept as the time at which it will be full again (the virtual
/// scheduling algorithm of ITU-T I.371).
struct RateLimit: Sendable {
    private let interval: Duration
    private var fullAt = Instant.origin

    /// If `perSecond` is 0, there never is a token.
    init(perSecond: Int) { interval = perSecond > 0 ? .seconds(1) / perSecond : .seconds(2) }

    /// Leaves no token for the next second.
    mutating func empty(at now: Instant) { fullAt = max(fullAt, now + .seconds(1)) }

    /// Takes a token; false where there is none.
    mutating func takes(at now: Instant) -> Bool {
        let next = max(fullAt, now) + interval
        guard next - now <= .seconds(1) else { return false }
        fullAt = next
        return true
    }
}
