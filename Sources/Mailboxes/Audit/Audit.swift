import Basics
import Cryptography
import Wire

/// One question to another node: whether it still keeps an envelope that it acknowledged to this node, which keeps it too.
///
/// A node is asked only what an honest one can always answer: this node holds the envelope itself, the other one said to
/// it that the envelope is durable, and the envelope expires on no clock meanwhile. Where its owner has discarded it,
/// the other one shows the owner's statement. See `Doubts` for what follows from a wrong answer.
public struct Audit: Sendable {
    /// Who is asked.
    public let node: NodeID
    public let mailbox: MailboxID
    public let envelope: EnvelopeID
    /// Drawn at random for this question alone.
    public let nonce: UInt128
    private let lastDay: Day

    /// Nil where the question would be unfair: the envelope expires within the time by which clocks may differ.
    ///
    /// The caller vouches that `node` acknowledged the envelope to it. `lastDay` is the envelope's.
    public init?(
        of node: NodeID, about envelope: EnvelopeID, in mailbox: MailboxID, lastDay: Day, nonce: UInt128, now: UnixTime
    ) {
        guard ItemScope.firstDay(now) <= lastDay else { return nil }
        self.node = node
        self.mailbox = mailbox
        self.envelope = envelope
        self.nonce = nonce
        self.lastDay = lastDay
    }

    /// What to ask.
    public var request: Request { .has(mailbox, envelope, nonce: nonce) }

    /// What an answer says.
    public enum Finding: Hashable, Sendable {
        /// It has the envelope.
        case held
        /// The owner has discarded it, which this node didn't know: here is the statement, verified.
        case collected(BlindedKey, Tombstone)
        /// It has said that it keeps the envelope, and can't show it.
        case missing
        /// Nothing can be concluded.
        case unclear
    }

    /// Reads the answer. `bytes` is the envelope as this node keeps it.
    public func finding(in response: Response, bytes: RawSpan, suite: CipherSuite, now: UnixTime) -> Finding {
        switch response {
        case .proof(let proof):
            return proof == AuditProof.make(nonce: nonce, by: node, of: bytes) ? .held : missing(now)
        case .collectedBy(let key, let tombstone):
            let isTrue =
                key.location == mailbox && tombstone.envelope == envelope && tombstone.expiry == lastDay
                && tombstone.isSigned(by: key, suite: suite)
            return isTrue ? .collected(key, tombstone) : missing(now)
        case .refused(.notFound, _): return missing(now)
        default: return .unclear
        }
    }

    /// The time may have come to expire while the question was on its way.
    private func missing(_ now: UnixTime) -> Finding { ItemScope.firstDay(now) <= lastDay ? .missing : .unclear }
}
