import Basics

/// The requester: a session, and the account that its requests are charged to.
public struct Source: Hashable, Sendable, BitwiseCopyable {
    /// The session's number, unique in the process.
    public let session: UInt64
    /// The account charged: sessions are cheap to make, addresses less so.
    public let account: Account
    /// Whether it has proved that it receives at its address. All unproven requesters share one limit.
    public let isProven: Bool

    public init(session: UInt64, account: Account, isProven: Bool = true) {
        self.session = session
        self.account = account
        self.isProven = isProven
    }

    /// The node's own person, who needs no session.
    public static let own = Source(session: 0, account: .own)

    /// A session with the node that sends from `endpoint`.
    public init(session: UInt64, endpoint: Endpoint, isProven: Bool) {
        self.init(session: session, account: .block(of: endpoint), isProven: isProven)
    }
}
