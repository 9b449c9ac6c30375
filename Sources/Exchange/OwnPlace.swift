import Basics

/// Where this node may be found: what the person's side tells somebody to whom it wants a way.
public struct OwnPlace: Hashable, Sendable {
    /// The node's static key.
    public let key: PublicKey
    /// Where most other nodes see it: at most one endpoint of each address family. Whether anybody reaches it there is open.
    public let observed: [Endpoint]
    /// The machine's own addresses, with the port at which the node listens.
    public let local: [Endpoint]

    public init(key: PublicKey, observed: [Endpoint], local: [Endpoint]) {
        self.key = key
        self.observed = observed
        self.local = local
    }
}
