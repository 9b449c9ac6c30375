import Basics

/// What distinguishes one node from another besides its key.
public struct NodeConfiguration: Sendable {
    /// Nodes of different networks can't finish a handshake: the name is part of its prologue.
    public var network: String
    /// Whether others may route through this node and leave mail with it.
    public var mode: NodeMode
    /// What the node's sockets can send over.
    public var families: AddressFamilies
    /// k: contacts a bucket, nodes a mailbox. Below 20 only in tests of small networks.
    public var bucketSize: Int
    /// How often the node may wake its device for its person's mail.
    public var power: PowerSetting
    /// The usual time between two rounds of repair; nil where it follows from how nodes come and go. Set only to measure what it
    /// brings and costs.
    public var repairInterval: Duration?
    /// Where the node gets the identities from that its tables refer to. Simulations share one source among their nodes.
    public var identities: NodeIdentity.Source

    public init(
        network: String = "main", mode: NodeMode = .server, families: AddressFamilies = .both,
        bucketSize: Int = Limits.bucketSize, power: PowerSetting = .normal, repairInterval: Duration? = nil,
        identities: @escaping NodeIdentity.Source = NodeIdentity.unshared
    ) {
        self.network = network
        self.mode = mode
        self.families = families
        self.bucketSize = bucketSize
        self.power = power
        self.repairInterval = repairInterval
        self.identities = identities
    }
}

/// A node through which to join.
public enum BootstrapPeer: Hashable, Sendable {
    /// Its static key is known: no other node can answer in its place.
    case known(PublicKey, Endpoint)
    /// Only its address is known: any key that answers there is believed.
    case unknown(Endpoint)

    public var endpoint: Endpoint {
        switch self {
        case .known(_, let endpoint), .unknown(let endpoint): endpoint
        }
    }
}
