import Basics
import Cryptography

/// Our own static keys: the node's, and the ephemeral ones with which a person's requests are made.
struct LocalIdentities: Sendable {
    private struct Entry {
        let id: IdentityID
        let keys: KeyPair
        var lastUse: UInt64
    }

    /// The node's key first, then the others in the order in which they were added.
    private var entries: [Entry]
    private var uses: UInt64 = 0
    private var nextNumber: UInt32 = 1

    /// The node's own key.
    let node: KeyPair
    /// The hash of its public half.
    let nodeID: NodeID

    init(node: KeyPair) {
        self.node = node
        nodeID = node.publicKey.nodeID
        entries = [Entry(id: .node, keys: node, lastUse: 0)]
    }

    /// Adds a client key. If there are too many, evicts the least recently used one and returns it.
    mutating func add(_ keys: KeyPair) -> (added: IdentityID, removed: IdentityID?) {
        var removed: IdentityID?
        if entries.count >= Limits.identities,
            let oldest = entries.indices.dropFirst().min(by: { entries[$0].lastUse < entries[$1].lastUse })
        {
            removed = entries.remove(at: oldest).id
        }
        uses += 1
        let id = IdentityID(number: nextNumber)
        nextNumber &+= 1
        entries.append(Entry(id: id, keys: keys, lastUse: uses))
        return (id, removed)
    }

    func keys(of id: IdentityID) -> KeyPair? {
        if id == .node { return node }
        return entries.first { $0.id == id }?.keys
    }

    /// Notes that a request is made with a key.
    mutating func touch(_ id: IdentityID) {
        guard id != .node, let position = entries.firstIndex(where: { $0.id == id }) else { return }
        uses += 1
        entries[position].lastUse = uses
    }

    var count: Int { entries.count }
}
