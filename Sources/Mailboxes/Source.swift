import Basics

/// Who asks a node for something: a session, and the block of addresses it comes from.
public struct Source: Hashable, Sendable, BitwiseCopyable {
    /// The session's number, unique in the process.
    public let session: UInt64
    /// The address block, which shares some bounds: sessions are cheap to make, addresses less so.
    public let block: UInt64
    /// Whether it has shown that it receives at its address. All that haven't share one bound: they may be anybody.
    public let isProven: Bool

    public init(session: UInt64, block: UInt64, isProven: Bool = true) {
        self.session = session
        self.block = block
        self.isProven = isProven
    }

    /// A session with what sends from `endpoint`.
    public init(session: UInt64, endpoint: Endpoint, isProven: Bool) {
        self.init(session: session, block: endpoint.block, isProven: isProven)
    }
}
