import Basics
import Cryptography

/// Names one session: unique in the life of a `SessionTable`, and greater than those of all sessions before.
public struct SessionID: Hashable, Comparable, Sendable {
    /// A running number, and below it the number of the slot in which the session lies.
    public let number: UInt64

    init(sequence: UInt64, slot: Int) { number = sequence << SessionSlots.slotBits | UInt64(slot) }

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
    /// What the other side stated in the handshake.
    public let remoteMode: NodeMode
    /// The only path that the session sends and receives over.
    public let path: Path
    /// Whether the other side has shown that it receives over `path`: until then it is admitted to nothing.
    public let isProven: Bool
    /// Whether we opened it.
    public let isInitiator: Bool
    /// The handshake hash, the same on both sides and in no other session (Noise, revision 34, §11.2). Nil as long as our
    /// answer to the handshake is not written, and where both sides are servers: only clients read mail.
    public let channelBinding: Digest512?

    /// Where the other side is.
    public var endpoint: Endpoint { path.endpoint }
}
