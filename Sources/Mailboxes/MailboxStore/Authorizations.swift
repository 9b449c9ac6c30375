import Basics
import Cryptography
import Wire

/// Which sessions have proved that a mailbox is theirs.
struct Authorizations {
    private let suite: CipherSuite
    /// The node's ID, which owners sign.
    private let own: NodeID
    private struct Grant {
        let session: UInt64
        let mailbox: MailboxID
    }

    /// In the order in which they were given: the first is the oldest.
    private var grants: [Grant] = []

    init(suite: CipherSuite, own: NodeID) {
        self.suite = suite
        self.own = own
    }

    /// Lets a session read a mailbox whose blinded key signed its channel binding and this node's ID. Returns whether
    /// the session may now read.
    mutating func authorize(
        _ mailbox: MailboxID, key: BlindedKey, _ signature: Signature, channelBinding: Digest512, session: UInt64
    ) -> Bool {
        guard key.location == mailbox else { return false }
        let statement = SignedBytes.authorize(mailbox, channelBinding: channelBinding, responder: own)
        guard suite.verify(signature, of: statement, by: key.bytes) else { return false }
        grant(mailbox, to: session)
        return true
    }

    /// Lets a session read a mailbox. If the session or the node has too many grants, the oldest is evicted: its owner
    /// authorizes again.
    private mutating func grant(_ mailbox: MailboxID, to session: UInt64) {
        guard !contains(mailbox, session) else { return }
        if grants.count(where: { $0.session == session }) >= Limits.authorizationsPerSession,
            let oldest = grants.firstIndex(where: { $0.session == session })
        {
            grants.remove(at: oldest)
        }
        if grants.count >= Limits.authorizations { grants.removeFirst() }
        grants.append(Grant(session: session, mailbox: mailbox))
    }

    func contains(_ mailbox: MailboxID, _ session: UInt64) -> Bool {
        grants.contains { $0.session == session && $0.mailbox == mailbox }
    }

    mutating func forget(session: UInt64) { grants.removeAll { $0.session == session } }

    var count: Int { grants.count }
}
