import Basics

/// The identities of all nodes that the hosts of one shard know, each once: a contact in a table costs a reference.
///
/// It keeps those of nodes that are gone, as there are few to what tables hold.
// Sendable: all hosts of a shard take their turns on one thread at a time, no other host asks it, and what it gives out
// never changes. Threads that change take turns by rounds of work, each of which comes after the one before.
package final class SharedIdentities: @unchecked Sendable {
    /// By the first word of their IDs, which is nearly always enough to tell them apart.
    private var known: [UInt64: NodeIdentity] = [:]

    /// A source that gives out the same for the same node, to the hosts of one shard.
    package static func source() -> NodeIdentity.Source {
        let shared = SharedIdentities()
        return { shared.identity($0, $1) }
    }

    private func identity(_ id: NodeID, _ key: PublicKey) -> NodeIdentity {
        let first = id.bytes.words.0
        guard let found = known[first] else {
            let identity = NodeIdentity(id: id, key: key)
            known[first] = identity
            return identity
        }
        // Another one whose ID begins alike, or a lie.
        return found.id == id && found.key == key ? found : NodeIdentity(id: id, key: key)
    }
}
