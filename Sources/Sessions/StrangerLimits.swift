import Basics

/// Bounds what goes to addresses of which one knows only by hearsay, so that whoever names false contacts can't make
/// nodes flood a victim: all keys and ports at one address count together.
///
/// An answer gives back what it took to get it. So an honest network is hardly ever held up: only what is dead costs.
struct StrangerLimits: Sendable {
    private var hosts = RateLimits(
        Limits.unansweredPerHost, per: .seconds(60), capacity: Limits.strangersRemembered)
    private var blocks = RateLimits(
        Limits.unansweredPerBlock, per: .seconds(60), capacity: Limits.strangersRemembered)

    /// Takes leave to send one initiation or hello to an address. `isKnown`: there is a session with somebody there.
    ///
    /// Who has answered is not free of bounds, as anybody can be named as a thousand others, but they are wide: a false
    /// name must not keep us from those that we know.
    mutating func takes(_ endpoint: Endpoint, isKnown: Bool, at now: Instant) -> Bool {
        let host = Account.host(of: endpoint)
        let discount = isKnown ? Limits.discountWhereKnown : 1
        guard hosts.allows(host, discount: discount, at: now) else { return false }
        if !isKnown, !endpoint.isLocal {
            let block = Account.block(of: endpoint)
            guard blocks.allows(block, at: now) else { return false }
            blocks.take(block, at: now)
        }
        hosts.take(host, discount: discount, at: now)
        return true
    }

    /// An initiation that was sent so often has been answered.
    mutating func noteAnswer(from endpoint: Endpoint, after sends: Int) {
        hosts.refund(.host(of: endpoint))
        blocks.refund(.block(of: endpoint), sends)
    }
}
