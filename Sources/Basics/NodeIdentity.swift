/// Who a node is: its ID and its static key, 64 bytes that never change.
///
/// Tables refer to it instead of holding a copy for each contact and session. A real node has one for each reference. A
/// simulation has one for all nodes of its process, as its `Source` gives out the same for the same node.
public final class NodeIdentity: Sendable {
    /// The hash of `key`.
    public let id: NodeID
    /// The static public key.
    public let key: PublicKey

    /// Where tables get identities from. It must give one with the ID and the key that it is asked for.
    public typealias Source = @Sendable (_ id: NodeID, _ key: PublicKey) -> NodeIdentity

    /// `id` must be the hash of `key`; the code that decodes a contact or ends a handshake computes it.
    public init(id: NodeID, key: PublicKey) {
        self.id = id
        self.key = key
    }

    /// A new one each time.
    public static let unshared: Source = { NodeIdentity(id: $0, key: $1) }
}
