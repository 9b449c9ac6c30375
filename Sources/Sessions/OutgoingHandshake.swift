import Basics
import Cryptography
import Wire

/// One of our handshakes under way: the initiation as it was sent, and the requests that wait for its end.
struct OutgoingHandshake: Sendable {
    let id: SessionID
    let pair: SessionPair
    let remoteKey: PublicKey
    /// What it states of how we take part.
    let localMode: NodeMode
    let startedAt: Instant
    /// Where it was sent last: the response must come from there.
    private(set) var endpoint: Endpoint

    private let state: InitiatorHandshake
    private let datagram: [UInt8]
    private let carried: UInt32
    private var queued: [(requestID: UInt32, body: [UInt8])] = []
    private var sendsLeft = Limits.initiationSends
    private var sentAt: Instant?

    /// `datagram` is a whole initiation that carries the request `carried`.
    init(
        id: SessionID, pair: SessionPair, remoteKey: PublicKey, localMode: NodeMode, endpoint: Endpoint,
        state: InitiatorHandshake, datagram: [UInt8], carrying carried: UInt32, now: Instant
    ) {
        self.id = id
        self.pair = pair
        self.remoteKey = remoteKey
        self.localMode = localMode
        self.endpoint = endpoint
        self.state = state
        self.datagram = datagram
        self.carried = carried
        startedAt = now
    }

    /// Whether it will not be answered any more.
    func isStale(at now: Instant) -> Bool { now - startedAt >= SessionTimes.handshake }

    /// Sends the initiation, the same every time, unless it has been sent often enough, or just now: all requests that
    /// wait may be tried again at once.
    mutating func send(to endpoint: Endpoint, now: Instant, into queue: inout DatagramQueue) {
        if let sentAt, endpoint == self.endpoint, now - sentAt < SessionTimes.resend { return }
        guard sendsLeft > 0 else { return }
        sendsLeft -= 1
        sentAt = now
        self.endpoint = endpoint
        queue.append(to: endpoint, datagram.span.bytes)
    }

    /// Whether a request is with it already, and how; nil where it is not.
    func outcome(of requestID: UInt32) -> SendOutcome? {
        if requestID == carried { return .carried }
        return queued.contains { $0.requestID == requestID } ? .queued : nil
    }

    /// Keeps a request until the handshake is done; false where there is no room.
    mutating func enqueue(_ body: RawSpan, requestID: UInt32) -> Bool {
        guard queued.count < Limits.requestsPerHandshake else { return false }
        queued.append((requestID, body.withUnsafeBytes { [UInt8]($0) }))
        return true
    }

    /// The requests that wait, in their order.
    var waiting: [[UInt8]] { queued.map(\.body) }

    /// Reads a response; nil where it is not authentic.
    func consumeResponse(_ message: RawSpan) -> (payload: [UInt8], keys: TransportKeys)? {
        state.consumeResponse(message)
    }
}
