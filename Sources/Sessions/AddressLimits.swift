import Basics

/// A rate limit for each of the addresses that were met lately.
///
/// What is remembered is bounded: beyond, the address met first is forgotten. To be forgotten, one must let many others be
/// charged in between, so that nothing is gained.
struct AddressLimits: Sendable {
    private let interval: Duration
    private let burst: Int
    private let capacity: Int
    /// When each address has all its tokens again, as in `RateLimit`.
    private var fullAt: [AddressGroup: Instant] = [:]
    /// The same addresses, in a ring once it is full.
    private var order: [AddressGroup] = []
    private var oldest = 0

    /// Each address may take `burst` tokens at once, and gets back as many in the course of `period`.
    init(_ burst: Int, per period: Duration, capacity: Int) {
        interval = period / burst
        self.burst = burst
        self.capacity = capacity
    }

    /// Whether an address has a token left. `discount`: how many of its takings cost one token.
    func allows(_ group: AddressGroup, discount: Int = 1, at now: Instant) -> Bool {
        max(fullAt[group] ?? now, now) - now + interval / discount <= interval * burst
    }

    /// Takes a token, which there must be.
    mutating func take(_ group: AddressGroup, discount: Int = 1, at now: Instant) {
        if fullAt[group] == nil { remember(group) }
        fullAt[group] = max(fullAt[group] ?? now, now) + interval / discount
    }

    /// Gives back `count` tokens, or all.
    mutating func refund(_ group: AddressGroup, _ count: Int? = nil) {
        if let full = fullAt[group] { fullAt[group] = full.advanced(by: interval * -(count ?? burst)) }
    }

    private mutating func remember(_ group: AddressGroup) {
        guard order.count >= capacity else { return order.append(group) }
        fullAt[order[oldest]] = nil
        order[oldest] = group
        oldest = (oldest + 1) % capacity
    }
}
