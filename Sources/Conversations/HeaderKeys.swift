import Basics
import Cryptography

/// The keys with which the header of a message in a session may be sealed, of all conversations: nothing else tells whose
/// it is. They are tried one after another, those of who wrote last first.
public struct HeaderKeys: Sendable {
    fileprivate struct Entry {
        let peer: PeerID
        let keys: [SecretKey]
    }

    /// What a store holds of one peer, and how soon it is to be tried.
    public struct Candidate: Sendable {
        fileprivate let entry: Entry
        private let isAccepted: Bool
        private let lastUsed: Day

        /// Nil where the conversation has no keys.
        public init?(_ peer: PeerID, _ conversation: Conversation, isAccepted: Bool) {
            let keys = conversation.headerKeys
            guard !keys.isEmpty, let lastUsed = conversation.lastUsed else { return nil }
            entry = Entry(peer: peer, keys: keys)
            self.isAccepted = isAccepted
            self.lastUsed = lastUsed
        }

        /// Accepted peers are tried before others, and of each those used last.
        fileprivate func isTried(after other: Candidate) -> Bool {
            guard isAccepted == other.isAccepted else { return other.isAccepted }
            return (lastUsed, entry.peer) < (other.lastUsed, other.entry.peer)
        }
    }

    /// The one used last at the end.
    private var entries: [Entry] = []

    public init() {}

    /// Those of a store. Beyond `capacity`, peers who aren't accepted are left out, and then those longest unused.
    public init(_ candidates: [Candidate], capacity: Int = Limits.peersTried) {
        entries = candidates.sorted { $0.isTried(after: $1) }.suffix(capacity).map(\.entry)
    }

    /// Whose keys are tried, the last ones first.
    package var peers: [PeerID] { entries.map(\.peer) }

    /// The keys that are tried for each envelope.
    public var count: Int { entries.reduce(0) { $0 + $1.keys.count } }

    /// A conversation has changed: its peer's keys are tried first from now on. Full: the one longest unused is left out.
    public mutating func update(_ peer: PeerID, _ conversation: Conversation) {
        if let index = entries.lastIndex(where: { $0.peer == peer }) { entries.remove(at: index) }
        let keys = conversation.headerKeys
        guard !keys.isEmpty else { return }
        if entries.count >= Limits.peersTried { entries.removeFirst() }
        entries.append(Entry(peer: peer, keys: keys))
    }

    /// A conversation was tidied: its keys keep their place.
    public mutating func keep(_ peer: PeerID, _ conversation: Conversation) {
        guard let index = entries.lastIndex(where: { $0.peer == peer }) else { return }
        let keys = conversation.headerKeys
        if keys.isEmpty { entries.remove(at: index) } else { entries[index] = Entry(peer: peer, keys: keys) }
    }

    /// A conversation is forgotten.
    public mutating func remove(_ peer: PeerID) { entries.removeAll { $0.peer == peer } }

    /// Whose message it is, by its header; nil where no key opens it.
    func find(_ parts: EnvelopeParts) -> (peer: PeerID, key: SecretKey, header: [UInt8])? {
        let (sealed, nonce, associated) = (parts[EnvelopeLayout.header], parts.nonce, parts.associated())
        for entry in entries.reversed() {
            for key in entry.keys {
                if let header = XChaChaPoly.open(sealed, nonce: nonce, key: key, authenticating: associated) {
                    return (entry.peer, key, header)
                }
            }
        }
        return nil
    }
}
