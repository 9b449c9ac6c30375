import Basics
import Cryptography
import Exchange
import Sessions

/// The ephemeral static keys under which a person's traffic travels: one for each purpose at each location.
///
/// A buddy that keeps a mailbox can't tie it to a node, nor one epoch's mailbox to the next.
struct ClientIdentities: Sendable {
    private var entries: [(purpose: Purpose, location: Location, identity: IdentityID)] = []

    /// Whether an identity is the one for a purpose at a location.
    func isIdentity(_ identity: IdentityID, for purpose: Purpose, at location: Location) -> Bool {
        entries.contains { $0.identity == identity && $0.purpose == purpose && $0.location == location }
    }

    /// The identity for a purpose at a location, made at first use and again when the session table has dropped it.
    mutating func identity(
        for purpose: Purpose, at location: Location, sessions: inout SessionTable, _ turn: inout Turn
    ) -> IdentityID {
        if let index = entries.firstIndex(where: { $0.purpose == purpose && $0.location == location }) {
            let entry = entries.remove(at: index)
            if sessions.publicKey(of: entry.identity) != nil {
                entries.append(entry)
                return entry.identity
            }
        }
        if entries.count >= Limits.identities { entries.removeFirst() }
        let identity = sessions.addClientIdentity(SecretKey(turn.randomness.bytes32()))
        entries.append((purpose, location, identity))
        return identity
    }
}
