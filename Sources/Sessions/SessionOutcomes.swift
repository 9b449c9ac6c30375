import Basics

/// What became of a request that was to be sent.
public enum SendOutcome: Hashable, Sendable {
    /// It went over an established session.
    case sent
    /// It went inside a handshake initiation, and goes again when it is sent again.
    case carried
    /// It goes as soon as the handshake under way is done.
    case queued
    /// Too many handshakes are under way, or too many requests wait for this one. Try again later.
    case full
    /// The limit for an address that doesn't answer is reached. The request has failed for now.
    case withheld
    /// The identity is gone, or the key is not one that a secret can be shared with.
    case impossible
}

/// What carries the answer to a request.
public enum ReplyCarrier: Hashable, Sendable {
    /// Inside the handshake response: exactly once, before anything else is received.
    case handshake(SessionID)
    /// Over the session.
    case transport(SessionID)
}

/// What a datagram turned out to be.
public enum Received: Hashable, Sendable {
    /// An RPC request, which is now in `plaintext`. A session that is not proven is admitted to nothing: its request may be
    /// a replay.
    case request(SessionID, ReplyCarrier)
    /// An RPC response, which is now in `plaintext`.
    case response(SessionID)
    /// Our handshake is done and what was queued has been sent. With the response to the request that the handshake
    /// carried, which is now in `plaintext`; without one, that response comes by itself.
    case established(SessionID, hasResponse: Bool)
    /// The side that opened this session has proved its address, with an empty datagram.
    case proven(SessionID)
    /// The other side no longer has our session: what it hasn't answered must be sent again. A new handshake then begins.
    case lost(as: IdentityID, NodeID)
    /// The answer to a hello. The nonce must be one we sent to this address; the key is worth nothing before a handshake.
    case helloAnswer(HelloAnswer)
    /// Nothing for the node to do.
    case nothing(DropReason)

    /// Whether it shows that datagrams arrive in both directions: it decrypted, or it repeats a value that only a
    /// receiver of our datagram can know.
    public var isAuthentic: Bool {
        switch self {
        case .request, .response, .established, .proven, .lost: true
        case .helloAnswer, .nothing: false
        }
    }
}

/// Why a datagram led to nothing: for counting.
public enum DropReason: Int, CaseIterable, Sendable {
    /// Its length or first byte is none that exists, or an authentic payload is none.
    case malformed
    /// It doesn't decrypt: noise, another network, or a key that is not ours.
    case unauthentic
    /// Its counter has been received, is too old, or is one that no session gets to.
    case replayed
    /// Its session is unknown here, or bound to another path; a hint was sent.
    case unknownSession
    /// It answers nothing that is under way, or not from where it was asked.
    case unexpected
    /// An authentic datagram without content.
    case empty
    /// It has been answered right away: a hello, or a handshake without a request.
    case answered
    /// It would have been answered without proof of its sender, and too many of those have been.
    case rateLimited
    /// There is no room for another session.
    case full
    /// We are under load: its sender was asked to prove its address first.
    case challenged
    /// We were asked to prove our address, and have sent our initiation again with that proof.
    case repeated
}

/// Counts of handshakes by outcome.
public struct HandshakeOutcomes: Hashable, Sendable {
    /// Ours that were answered.
    public var completed: UInt32 = 0
    /// Incoming handshakes whose sender has since proved its address.
    public var accepted: UInt32 = 0
    /// Our handshakes without an answer in time.
    public var unanswered: UInt32 = 0

    public init() {}
}
