import Basics

/// Why a node dials an endpoint.
struct DialCause: Sendable {
    /// The block of addresses that asked for it.
    let block: Account
    /// The key of the node that asks about itself; nil where another asks.
    let own: PublicKey?
    /// Whether nothing had come from there lately, so that no NAT lets the dial in because its node has sent something out.
    let isUnprompted: Bool
}
