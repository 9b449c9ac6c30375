/// A token bucket for each of the accounts that sent requests lately: how often each may ask, or how much work it may
/// cause.
///
/// The number of remembered accounts is bounded; beyond it, the oldest is evicted. An attacker gains nothing by that:
/// to evict one account, as many other accounts must send requests.
public struct RateLimits: Sendable {
    private let interval: Duration
    private let burst: Int
    private let capacity: Int
    /// When each account's bucket will be full again (the virtual scheduling algorithm of ITU-T I.371).
    private var fullAt: [Account: Instant] = [:]
    /// The same accounts, in the order in which they were first remembered.
    private var order: [Account] = []

    /// Each account may take `burst` tokens at once, and gets as many back in the course of `period`. `capacity`: how
    /// many accounts are remembered.
    public init(_ burst: Int, per period: Duration, capacity: Int) {
        interval = period / burst
        self.burst = burst
        self.capacity = capacity
    }

    /// Whether an account has `cost` tokens left. `discount`: how many of its takings cost one token.
    public func allows(_ account: Account, cost: Int = 1, discount: Int = 1, at now: Instant) -> Bool {
        max(fullAt[account] ?? now, now) - now + interval * cost / discount <= interval * burst
    }

    /// Takes tokens; the account must have them.
    public mutating func take(_ account: Account, cost: Int = 1, discount: Int = 1, at now: Instant) {
        if fullAt[account] == nil { remember(account, at: now) }
        fullAt[account] = max(fullAt[account] ?? now, now) + interval * cost / discount
    }

    /// Gives back `count` tokens, or all.
    public mutating func refund(_ account: Account, _ count: Int? = nil) {
        if let full = fullAt[account] { fullAt[account] = full.advanced(by: interval * -(count ?? burst)) }
    }

    /// Makes room for one more account. Accounts whose bucket is full again need not be remembered: whenever
    /// twice as many are remembered as the last time, all of them are evicted, and their storage is released. Where as many are
    /// remembered as may be, that is tried once in the time in which a bucket fills.
    private mutating func remember(_ account: Account, at now: Instant) {
        if order.count >= nextCheck || order.count >= capacity && now - checkedAt >= interval * burst {
            checkedAt = now
            order.removeAll { (fullAt[$0] ?? now) <= now }
            let kept = order.map { ($0, fullAt[$0] ?? now) }
            fullAt = Dictionary(kept, uniquingKeysWith: max)
            nextCheck = max(RateLimits.firstCheck, 2 * order.count)
        }
        if order.count >= capacity { fullAt[order.removeFirst()] = nil }
        order.append(account)
    }

    /// Few, as a node at rest has a handful of accounts to remember, and a simulation many nodes at rest.
    private static let firstCheck = 4
    /// How many accounts are remembered when it is next looked which are worth it.
    private var nextCheck = RateLimits.firstCheck
    /// When that was last looked at.
    private var checkedAt = Instant.origin
}
