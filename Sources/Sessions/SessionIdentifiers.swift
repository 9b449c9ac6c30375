import Basics
import Cryptography

/// Names one session. It is unique in the lifetime of a `SessionTable`, and greater than those of all earlier sessions.
public struct SessionID: Hashable, Comparable, Sendable {
    /// A running number, and in its low bits the number of the session's slot.
    public let number: UInt64

    package init(sequence: UInt64, slot: Int) { number = sequence << SessionSlots.slotBits | UInt64(slot) }

    public static func < (left: SessionID, right: SessionID) -> Bool { left.number < right.number }
}

/// Names one of our own static keys.
public struct IdentityID: Hashable, Sendable {
    public let number: UInt32

    /// The node's own key, the only one that also answers.
    public static let node = IdentityID(number: 0)
}

/// What is known of one session.
public struct SessionInfo: Sendable {
    /// Which of our static keys it was opened with.
    public let identity: IdentityID
    public let remoteID: NodeID
    public let remoteKey: PublicKey
    /// The other side's mode, as stated in the handshake.
    public let remoteMode: NodeMode
    /// The path that the session sends over. What comes over another is no sign yet that the other side is there.
    public let path: Path
    /// Whether the other side has shown that it receives over `path`. Until then it is admitted to nothing.
    public let isProven: Bool
    /// Whether we opened it.
    public let isInitiator: Bool
    /// Whether it has followed the other side to another path: that was found by the other side's doing, and at a time that isn't known.
    public let hasMoved: Bool
    /// When it was opened, to the precision of `CompactInstant`; nil as long as the other side has only begun one.
    public let establishedAt: Instant?
    /// The handshake hash, the same on both sides and in no other session (Noise, revision 34, §11.2). Nil until our
    /// answer to the handshake is written, and where both sides are servers: only clients read mail.
    public let channelBinding: Digest512?

    /// The other side's address.
    public var endpoint: Endpoint { path.endpoint }
    /// Whether we have reached the other side at this address by opening the session.
    public var isDial: Bool { isInitiator && !hasMoved }
}
