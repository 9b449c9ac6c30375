import Basics
import Cryptography

/// What only a node can say that has all bytes of an envelope at hand: a hash of them with a number that the asker has
/// just drawn, and with the ID of the node asked, so that what another node says proves nothing for this one.
public enum AuditProof {
    /// `BLAKE2b-256("roost audit" ‖ nonce (16) ‖ ID of the node asked (32) ‖ envelope)`
    public static func make(nonce: UInt128, by node: NodeID, of envelope: RawSpan) -> Bytes32 {
        var hash = Blake2b(.audit)
        hash.update(nonce)
        hash.update(node.bytes)
        hash.update(envelope)
        return hash.finish()
    }
}
