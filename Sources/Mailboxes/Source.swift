import Basics

/// Who asks a node for something: a session, and the block of addresses it comes from.
public struct Source: Hashable, Sendable, BitwiseCopyable {
    /// The session's number, unique in the process.
    public let session: UInt64
    /// The address block, which shares some bounds: sessions are cheap to make, addresses less so.
    public let block: UInt64

    public init(session: UInt64, block: UInt64) {
        self.session = session
        self.block = block
    }

    /// A session with what sends from `endpoint`: its block is the IPv4 /24 or the IPv6 /48.
    public init(session: UInt64, endpoint: Endpoint) {
        // 2^63 is in no IPv4 block, and no two IPv6 blocks differ beyond their first 48 bits.
        let block = endpoint.ipv4.map { UInt64($0 >> 8) } ?? (endpoint.high >> 16 | 1 << 63)
        self.init(session: session, block: block)
    }
}
