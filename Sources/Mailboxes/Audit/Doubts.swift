import Basics
import Wire

/// Nodes that couldn't show an envelope that they had acknowledged, until it is clear whether they lied.
///
/// Once is not enough. An owner may just have discarded the envelope at a node that had no room to keep the tombstone, or
/// had to give it up. But then the owner has told the others as well, or they tell each other: within
/// `Limits.auditPatience` this node learns of it and drops the doubt. Who can't show it after that either, while this node
/// still holds it, doesn't keep what it acknowledges.
public struct Doubts: Sendable {
    private struct Doubt: Sendable {
        let node: NodeID
        let mailbox: MailboxID
        let envelope: EnvelopeID
        let since: Instant
    }

    /// The oldest first.
    private var all: [Doubt] = []

    public init() {}

    /// What is to be done after a finding.
    public enum Judgement: Hashable, Sendable {
        /// Nothing.
        case none
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
                all.append(
                    Doubt(node: audit.node, mailbox: audit.mailbox, envelope: audit.envelope, since: now))
                return .askAgain(at: now + Limits.auditPatience)
            }
            let end = all[index].since + Limits.auditPatience
            guard end <= now else { return .askAgain(at: end) }
            all.remove(at: index)
            return .unfaithful
        }
    }

    /// This node holds an envelope no more: it was discarded, or has expired.
    public mutating func forget(_ envelope: EnvelopeID, in mailbox: MailboxID) {
        all.removeAll { $0.envelope == envelope && $0.mailbox == mailbox }
    }

    /// How many there are.
    public var count: Int { all.count }
}
