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
    /// The same addresses, in the order in which they were met.
    private var order: [AddressGroup] = []

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
        if fullAt[group] == nil { remember(group, at: now) }
        fullAt[group] = max(fullAt[group] ?? now, now) + interval / discount
    }

    /// Gives back `count` tokens, or all.
    mutating func refund(_ group: AddressGroup, _ count: Int? = nil) {
        if let full = fullAt[group] { fullAt[group] = full.advanced(by: interval * -(count ?? burst)) }
    }

    /// Makes room for one more address. Those that have all their tokens again need not be remembered: where that is most,
    /// all of them go, and their storage.
    private mutating func remember(_ group: AddressGroup, at now: Instant) {
        if order.count >= nextCheck {
            order.removeAll { (fullAt[$0] ?? now) <= now }
            let kept = order.map { ($0, fullAt[$0] ?? now) }
            fullAt = Dictionary(kept, uniquingKeysWith: max)
            nextCheck = max(AddressLimits.firstCheck, 2 * order.count)
        }
        if order.count >= capacity { fullAt[order.removeFirst()] = nil }
        order.append(group)
    }

    private static let firstCheck = 16
    /// How many addresses are remembered when it is next looked which are worth it.
    private var nextCheck = AddressLimits.firstCheck
}
