/// What the clients of a server may use up.
public struct HTTPLimits: Sendable {
    /// Connections whose client is awaited: for a request, the rest of one, or to read. Beyond, the one awaited longest goes.
    public var waiting: Int
    /// How long a client is awaited, in all for a head, in all for a body, and for each part of an answer to be read.
    public var patience: Duration
    /// Bytes of a request's head: some ten times what a browser sends.
    public var head = 16_384
    /// Fields of a request's head.
    public var fields = 100
    /// Bytes of a request's body.
    public var body: Int
    /// Bytes that all connections together hold of bodies that are still coming and of answers that are not read yet.
    /// Beyond, the connection awaited longest goes. What an answer is made of takes some three times as much for a while.
    public var held = 16 << 20
    /// Whether a connection may bring one request after the other.
    public var keepsAlive = true

    public init(waiting: Int, patience: Duration, body: Int) {
        self.waiting = waiting
        self.patience = patience
        self.body = body
    }
}
