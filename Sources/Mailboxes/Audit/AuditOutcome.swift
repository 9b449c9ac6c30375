import Basics
import Storage
import Wire

/// What a node says that is asked whether it keeps an envelope.
public enum AuditOutcome: Hashable, Sendable {
    /// It is durable: the proof that all of it is here.
    case held(proof: Bytes32)
    /// The same, once this ticket is durable, and not before.
    case pending(proof: Bytes32, Ticket)
    /// The owner has discarded it: the statement, and the key that signed it.
    case collected(BlindedKey, Tombstone)
    /// It isn't here.
    case absent
    /// It isn't here, and may have given way to other mail: strangers have as much in this mailbox as they may.
    case mayHaveGivenWay
}

extension StoreView {
    /// Whether an envelope is here, to be proved with this number by the node with this ID.
    func audit(
        _ envelope: EnvelopeID, in mailbox: MailboxID, nonce: UInt128, by node: NodeID, quota: Quota
    ) -> AuditOutcome {
        let key = StoredKey.item(mailbox, envelope)
        if let (key, tombstone) = tombstone(of: envelope, in: mailbox) { return .collected(key, tombstone) }
        var proof: Bytes32?
        _ = read(.envelopes, key) { proof = AuditProof.make(nonce: nonce, by: node, of: $0) }
        guard let proof else {
            return quota.isStrangersShareUsed(mailbox, store: self) ? .mayHaveGivenWay : .absent
        }
        return pendingTicket(.envelopes, key).map { .pending(proof: proof, $0) } ?? .held(proof: proof)
    }

    /// The tombstone of an envelope with the key that signed it, for others to verify.
    func tombstone(of envelope: EnvelopeID, in mailbox: MailboxID) -> (BlindedKey, Tombstone)? {
        var found: StoredTombstone?
        _ = read(.tombstones, StoredKey.item(mailbox, envelope)) { found = StoredTombstone($0) }
        return found.map {
            ($0.key, Tombstone(envelope: envelope, expiry: $0.expiry, signature: $0.signature))
        }
    }
}
