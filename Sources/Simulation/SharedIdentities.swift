import Basics
import Synchronization

/// The identities of all nodes of a simulation, each once: a contact in a table costs a reference.
///
/// It keeps those of nodes that are gone, as there are few to what tables hold. It may be asked from several threads.
package final class SharedIdentities: Sendable {
    /// By the first word of their IDs, which is nearly always enough to tell them apart.
    private let known = Mutex<[UInt64: NodeIdentity]>([:])

    /// A source that gives out the same for the same node.
    package static func source() -> NodeIdentity.Source {
        let shared = SharedIdentities()
        return { shared.identity($0, $1) }
    }

    private func identity(_ id: NodeID, _ key: PublicKey) -> NodeIdentity {
        known.withLock { known in
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
}
