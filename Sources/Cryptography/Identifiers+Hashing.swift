import Basics

extension PublicKey {
    /// The ID of the node with this static key: its BLAKE2b-256 hash, so that an ID can't be claimed without its key.
    public var nodeID: NodeID { NodeID(Blake2b.hash256(bytes)) }
}

extension BlindedKey {
    /// The location of what this key signs: the key's BLAKE2b-256 hash.
    public var location: Location { Location(Blake2b.hash256(bytes)) }
}

extension EnvelopeID {
    /// The ID of a whole envelope: its BLAKE2b-256 hash.
    public init(hashing envelope: RawSpan) { self.init(Blake2b.hash256(envelope)) }
}

extension Contact {
    /// The contact with this static key at one endpoint.
    public init(key: PublicKey, endpoint: Endpoint) { self.init(id: key.nodeID, key: key, endpoint: endpoint) }

    /// The contact with this static key over one or both address families.
    public init(key: PublicKey, ipv4: Endpoint?, ipv6: Endpoint?) {
        self.init(id: key.nodeID, key: key, ipv4: ipv4, ipv6: ipv6)
    }
}
