import Basics
import Wire

/// Nodes that couldn't show an envelope that they had acknowledged, until it is clear whether they lied.
///
/// Once is not enough. An owner may just have discarded the envelope at a node that had no room to keep the tombstone, or
/// the node had to give it up for others. So it is brought the envelope again. Only a node that acknowledges it
/// once more, and still can't show it after the asker's patience, is unfaithful. Meanwhile a tombstone would have come round, and
/// the asker would hold the envelope no more.
public struct Doubts: Sendable {
    private struct Doubt: Sendable {
        let node: NodeID
        let mailbox: MailboxID
        let envelope: EnvelopeID
        /// When the node may be asked again; nil until it has acknowledged the envelope anew.
        var askAgain: Instant?
    }

    /// The oldest first.
    private var all: [Doubt] = []

    public init() {}

    /// What is to be done after a finding.
    public enum Judgement: Hashable, Sendable {
        /// Nothing.
        case none
        /// Bring the node the envelope again, and tell `observeBrought` or `forget`.
        case bringAgain
        /// Ask the same again, not before this time.
        case askAgain(at: Instant)
        /// The node doesn't keep what it acknowledges: don't count it as a keeper.
        case unfaithful
    }

    /// An audit ended.
    public mutating func observe(_ finding: Audit.Finding, of audit: Audit, now: Instant) -> Judgement {
        let index = all.firstIndex { $0.node == audit.node && $0.envelope == audit.envelope }
        switch finding {
        case .held:
            if let index { all.remove(at: index) }
            return .none
        case .collected:
            forget(audit.envelope, in: audit.mailbox)
            return .none
        case .unclear: return .none
        case .missing:
            guard let index else {
                if all.count >= Limits.doubts { all.removeFirst() }
                all.append(Doubt(node: audit.node, mailbox: audit.mailbox, envelope: audit.envelope, askAgain: nil))
                return .bringAgain
            }
            guard let end = all[index].askAgain else { return .bringAgain }
            guard end <= now else { return .askAgain(at: end) }
            all.remove(at: index)
            return .unfaithful
        }
    }

    /// A doubted node has acknowledged the envelope anew. Returns when to ask it again, after so much patience; nil where
    /// the doubt is gone.
    public mutating func observeBrought(
        _ envelope: EnvelopeID, to node: NodeID, patience: Duration, now: Instant
    ) -> Instant? {
        guard let index = all.firstIndex(where: { $0.node == node && $0.envelope == envelope }) else { return nil }
        all[index].askAgain = now + patience
        return now + patience
    }

    /// Whether a node is doubted for an envelope.
    public func contains(_ node: NodeID, for envelope: EnvelopeID) -> Bool {
        all.contains { $0.node == node && $0.envelope == envelope }
    }

    /// A node has not acknowledged the envelope anew, or doesn't answer: nothing is held against it.
    public mutating func forget(_ node: NodeID, for envelope: EnvelopeID) {
        all.removeAll { $0.node == node && $0.envelope == envelope }
    }

    /// This node holds an envelope no more: it was discarded, or has expired.
    public mutating func forget(_ envelope: EnvelopeID, in mailbox: MailboxID) {
        all.removeAll { $0.envelope == envelope && $0.mailbox == mailbox }
    }

    /// How many there are.
    public var count: Int { all.count }
}
