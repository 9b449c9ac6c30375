import Basics
import Cryptography

/// What follows from the IDs of peers, and costs a multiplication on the curve each time that it is computed.
package struct PeerKeys {
    private struct Entry {
        let peer: PeerID
        /// The mailbox keys of the epochs asked for last.
        var mailboxes: [(epoch: Epoch, key: BlindedKey)] = []
    }

    /// Of valid IDs only. The one longest unused first.
    private var entries: [Entry] = []
    /// A message that is sent again lies where it was first, while the next ones go to the mailbox of a later epoch.
    private static let epochs = 3

    package init() {}

    /// Whether this can be a person's key.
    package mutating func isValid(_ peer: PeerID, _ suite: CipherSuite) -> Bool {
        entry(of: peer, suite) != nil
    }

    /// The key of a peer's mailbox in an epoch, or nil where the peer ID is not valid.
    package mutating func mailbox(of peer: PeerID, in epoch: Epoch, _ suite: CipherSuite) -> BlindedKey? {
        guard let index = entry(of: peer, suite) else { return nil }
        if let known = entries[index].mailboxes.first(where: { $0.epoch == epoch }) { return known.key }
        guard let key = peer.blindedKey(for: .mailbox, epoch: epoch, suite: suite) else { return nil }
        if entries[index].mailboxes.count >= PeerKeys.epochs { entries[index].mailboxes.removeFirst() }
        entries[index].mailboxes.append((epoch, key))
        return key
    }

    /// Where the entry of a valid peer ID is, made when there is none. Full: the one longest unused goes.
    private mutating func entry(of peer: PeerID, _ suite: CipherSuite) -> Int? {
        if let index = entries.firstIndex(where: { $0.peer == peer }) {
            if index < entries.count - 1 { entries.append(entries.remove(at: index)) }
        } else {
            guard peer.isValid(suite) else { return nil }
            if entries.count >= Limits.cachedPeerKeys { entries.removeFirst() }
            entries.append(Entry(peer: peer))
        }
        return entries.count - 1
    }
}
