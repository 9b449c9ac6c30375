import Basics
import Cryptography

/// The keys with which the header of a message in a session may be sealed, of all conversations: nothing else tells whose
/// it is. They are tried one after another, those of who wrote last first.
public struct HeaderKeys: Sendable {
    private struct Entry {
        let peer: PeerID
        let keys: [SecretKey]
    }

    /// The one used last at the end.
    private var entries: [Entry] = []
    /// Those of the first messages that came last: the newest at the end.
    private var agreements: [FirstAgreement] = []

    public init() {}

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

    // MARK: First messages

    /// What the keys at the beginning of a first message agree on, where that is known.
    func agreement(on beginning: [UInt8]) -> FirstAgreement? { agreements.last { $0.beginning == beginning } }

    /// A first message was opened, and others of its session may follow.
    public mutating func remember(_ agreement: FirstAgreement) {
        guard self.agreement(on: agreement.beginning) == nil else { return }
        if agreements.count >= Limits.firstAgreements { agreements.removeFirst() }
        agreements.append(agreement)
    }

    /// Prekeys are erased: nothing that follows from them is kept.
    public mutating func forgetAgreements() { agreements = [] }

    // MARK: Messages of sessions that were answered

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
