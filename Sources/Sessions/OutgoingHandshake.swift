import Basics
import Cryptography
import Wire

/// One of our handshakes under way: the initiation as it was sent, and the requests that wait for its end.
struct OutgoingHandshake: Sendable {
    let id: SessionID
    /// Our index; the response names it.
    let index: UInt32
    let pair: SessionPair
    let remoteKey: PublicKey
    /// The mode that it states for us.
    let localMode: NodeMode
    let startedAt: Instant
    /// The path that it was last sent over, and the one before if that was another, for example to the node's address
    /// of the other family. The response must come over one of these.
    private(set) var path: Path
    private var former: Path?

    private let state: InitiatorHandshake
    private var datagram: [UInt8]
    private let carried: UInt32
    private var queued: [(requestID: UInt32, kind: Traffic.Kind, body: [UInt8])] = []
    /// How often it has been sent.
    private(set) var sends = 0
    private var cookies = 0
    private var sentAt: Instant?

    /// `datagram` is a whole initiation, which carries the request `carried`.
    init(
        id: SessionID, index: UInt32, pair: SessionPair, remoteKey: PublicKey, localMode: NodeMode, path: Path,
        state: InitiatorHandshake, datagram: [UInt8], carrying carried: UInt32, now: Instant
    ) {
        self.id = id
        self.index = index
        self.pair = pair
        self.remoteKey = remoteKey
        self.localMode = localMode
        self.path = path
        self.state = state
        self.datagram = datagram
        self.carried = carried
        startedAt = now
    }

    /// Whether it was sent over a path.
    func wasSent(over path: Path) -> Bool { path == self.path || path == former }

    /// Whether the initiation may be sent over a path. It may not if it has been sent often enough, or just now: all
    /// requests that wait may be retransmitted at the same time.
    func maySend(over path: Path, now: Instant) -> Bool {
        if let sentAt, path == self.path, now - sentAt < SessionTimes.resend { return false }
        return sends < Limits.initiationSends
    }

    /// Sends the initiation: the same bytes every time, except for the cookie.
    mutating func send(over path: Path, now: Instant, into queue: inout DatagramQueue) {
        sends += 1
        sentAt = now
        if path != self.path { former = self.path }
        self.path = path
        queue.append(over: path, as: .initiation, datagram.span.bytes)
    }

    /// Sends the initiation again with a cookie, which later retransmissions keep. Returns false if the initiation has
    /// that cookie already, or if the limit is reached: a cookie may be forged. It goes over the path for which the
    /// cookie is valid, which must be one that the initiation was sent over.
    mutating func send(
        withCookie cookie: RawSpan, over path: Path, now: Instant, into queue: inout DatagramQueue
    ) -> Bool {
        let field = InitiationLayout.cookie..<InitiationLayout.noise
        let isNew = cookie.withUnsafeBytes { !datagram[field].elementsEqual($0) }
        guard isNew, cookies < Limits.cookiesPerHandshake else { return false }
        cookies += 1
        cookie.withUnsafeBytes { datagram.replaceSubrange(field, with: $0) }
        sentAt = now
        queue.append(over: path, as: .initiation, datagram.span.bytes)
        return true
    }

    /// How the handshake already takes a request along; nil where it doesn't have the request.
    func outcome(of requestID: UInt32) -> SendOutcome? {
        if requestID == carried { return .carried }
        return queued.contains { $0.requestID == requestID } ? .queued : nil
    }

    /// Queues a request until the handshake is done; false where there is no room.
    mutating func enqueue(_ body: RawSpan, as kind: Traffic.Kind, requestID: UInt32) -> Bool {
        guard queued.count < Limits.requestsPerHandshake else { return false }
        queued.append((requestID, kind, body.withUnsafeBytes { [UInt8]($0) }))
        return true
    }

    /// The queued requests, in their order.
    var waiting: [(kind: Traffic.Kind, body: [UInt8])] { queued.map { ($0.kind, $0.body) } }

    /// Reads a response; nil where it is not authentic.
    func consumeResponse(_ message: RawSpan) -> (payload: [UInt8], keys: TransportKeys)? {
        state.consumeResponse(message)
    }
}
