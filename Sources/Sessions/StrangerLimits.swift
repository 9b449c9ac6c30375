import Basics

/// Limits what is sent to unverified addresses: those learned from others and never heard from. So false contacts can't
/// make nodes flood a victim. All keys and ports at one address count together.
///
/// An answer refunds what was sent to get it. So an honest network hardly ever reaches the limits: only dead nodes use
/// them up.
package struct StrangerLimits: Sendable {
    private var hosts = RateLimits(
        Limits.unansweredPerHost, per: .seconds(60), capacity: Limits.strangersRemembered)
    private var attestedHosts = RateLimits(
        Limits.unansweredPerAttestedHost, per: .seconds(60), capacity: Limits.strangersRemembered)
    private var blocks = RateLimits(
        Limits.unansweredPerBlock, per: .seconds(60), capacity: Limits.strangersRemembered)

    package init() {}

    /// Whether one more initiation or hello may be sent to an address; if so, counts it. `isKnown`: there is a session
    /// with a node at that address.
    ///
    /// An address with a session has limits too, as a thousand invented keys can be claimed to be there. They are wide,
    /// so that false contacts don't prevent handshakes with the node that is really there.
    ///
    /// `isAttested`: a node in between says that it has just seen there whoever has agreed to a way to this node. What was sent in vain
    /// before they had agreed must not prevent that, so it has a limit of its own.
    package mutating func takes(_ endpoint: Endpoint, isKnown: Bool, isAttested: Bool = false, at now: Instant) -> Bool
    {
        let host = Account.host(of: endpoint)
        let isOfAttested = isAttested && attestedHosts.allows(host, at: now)
        let discount = isKnown ? Limits.discountWhereKnown : 1
        guard isOfAttested || hosts.allows(host, discount: discount, at: now) else { return false }
        if !isKnown, !endpoint.isLocal {
            let block = Account.block(of: endpoint)
            guard blocks.allows(block, at: now) else { return false }
            blocks.take(block, at: now)
        }
        if isOfAttested {
            attestedHosts.take(host, at: now)
        } else {
            hosts.take(host, discount: discount, at: now)
        }
        return true
    }

    /// An initiation that was sent `sends` times has been answered. `isKnown`: as before, so that a block is given back what it was
    /// charged, and a host that lives makes no room for others.
    package mutating func recordAnswer(from endpoint: Endpoint, after sends: Int, isKnown: Bool) {
        hosts.refund(.host(of: endpoint))
        attestedHosts.refund(.host(of: endpoint))
        if !isKnown, !endpoint.isLocal { blocks.refund(.block(of: endpoint), sends) }
    }
}
