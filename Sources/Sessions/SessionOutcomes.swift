import Basics
import Wire

/// What became of a request that was given to the session table.
public enum SendOutcome: Hashable, Sendable {
    /// It went over an established session.
    case sent
    /// It went inside a handshake initiation, and goes again with each retransmission of that.
    case carried
    /// It goes as soon as the handshake under way is done.
    case queued
    /// Too many handshakes are under way, or too many requests wait for this one. Try again later.
    case full
    /// The limit for an address that doesn't answer is reached. The request has failed for now.
    case withheld
    /// The identity is gone, or no secret can be shared with the key.
    case impossible
}

/// What carries the answer to a request.
public enum ReplyCarrier: Hashable, Sendable {
    /// Inside the handshake response: exactly once, before anything else is received.
    case handshake(SessionID)
    /// Over the session's own path, and over its other path as far as that may get so much (`PathValidation`).
    case transport(SessionID)

    /// The session by which the answer goes, which a handshake only begins.
    public var session: SessionID {
        switch self {
        case .handshake(let session), .transport(let session): session
        }
    }
}

/// A session goes over another path than before: the other side has shown that it is there.
public struct SessionMove: Hashable, Sendable {
    public let session: SessionID
    public let former: Path
    /// When the session was seen over its new path: what was sent since may be lost. Nil where the session is back on a former
    /// path, which nothing came to for a moment at most.
    public let seenAt: Instant?

    package init(session: SessionID, former: Path, seenAt: Instant?) {
        (self.session, self.former, self.seenAt) = (session, former, seenAt)
    }
}

/// What a datagram turned out to be. A header is that of the RPC in it.
public enum Received: Hashable, Sendable {
    /// An RPC request, which is now in `plaintext`. A session that is not proven is admitted to nothing: its request
    /// may be a replay.
    case request(SessionID, ReplyCarrier, RPCHeader)
    /// An RPC response, which is now in `plaintext`.
    case response(SessionID, RPCHeader)
    /// Our handshake is done, and the queued requests have been sent. With a header, the response to the request that
    /// the handshake carried is now in `plaintext`; otherwise that response comes separately.
    case established(SessionID, response: RPCHeader?)
    /// The side that opened this session has proved its address, with an empty datagram.
    case proven(SessionID)
    /// The other side has answered a challenge. `SessionTable.takeMoved` tells whether a session goes over another path since.
    case challengeAnswered(SessionID)
    /// The other side no longer has our session: requests that it hasn't answered must be retransmitted. A new
    /// handshake then begins.
    case lost(as: IdentityID, NodeID)
    /// Somebody has asked which node this is, and was answered.
    case hello(nonce: UInt64)
    /// The answer to a hello. The nonce must be one that we sent to this address; the key proves nothing before a
    /// handshake.
    case helloAnswer(HelloAnswer)
    /// The node has nothing to do.
    case nothing(DropReason)

    /// Whether it shows that datagrams arrive in both directions: the datagram decrypted, or it repeats a value that
    /// only a recipient of our datagram can know.
    public var isAuthentic: Bool {
        switch self {
        case .request, .response, .established, .proven, .challengeAnswered, .lost: true
        case .hello, .helloAnswer, .nothing: false
        }
    }
}

/// Why a datagram led to nothing. For counting only.
public enum DropReason: Int, CaseIterable, Sendable {
    /// Its length or its first byte is not valid, or its authentic payload is not.
    case malformed
    /// It doesn't decrypt: noise, another network, or a key that is not ours.
    case unauthentic
    /// Its counter was received before, is too old, or is beyond the end of any session.
    case replayed
    /// Its session is unknown here, or is seen elsewhere before its opener has proved its address; a hint was sent.
    case unknownSession
    /// It answers nothing that is under way, or comes from another address than the one asked.
    case unexpected
    /// An authentic datagram without content.
    case empty
    /// It has been answered right away: a handshake without a request, or (in counts) a hello.
    case answered
    /// The limit is reached on answers without proof of the sender, or on handshakes from one address block.
    case rateLimited
    /// There is no room for another session.
    case full
    /// We are under load: its sender was asked to prove its address first.
    case challenged
    /// We were asked to prove our address, and have sent our initiation again with that proof.
    case repeated
}

/// Where a session goes.
public struct SessionPath: Hashable, Sendable {
    public let path: Path
    /// Whether it was seen over another path, and it isn't decided yet whether it goes there.
    public let isMoving: Bool
}

/// Counts of sessions that were seen over another path than their own, by what came of it.
public struct PathOutcomes: Hashable, Sendable {
    /// The session has gone over the other path.
    public var followed: UInt32 = 0
    /// It stayed, as its own path has answered.
    public var stayed: UInt32 = 0
    /// It stayed, as nothing that proves the other path has come.
    public var unproven: UInt32 = 0
    /// It has gone back to the path that it had left.
    public var returned: UInt32 = 0

    public init() {}
}

/// Counts of handshakes by outcome.
public struct HandshakeOutcomes: Hashable, Sendable {
    /// Our handshakes that were answered.
    public var completed: UInt32 = 0
    /// Incoming handshakes whose sender has since proved its address.
    public var accepted: UInt32 = 0
    /// Our handshakes that were not answered in time.
    public var unanswered: UInt32 = 0

    public init() {}
}
