/// What the clients of a server may use up.
public struct HTTPLimits: Sendable {
    /// Connections that wait for their client: for a request, the rest of one, or to read. If there are more, the one
    /// that has waited longest is closed.
    public var waiting: Int
    /// How long the server waits for a client: for a whole head, for a whole body, and for each part of an answer to be
    /// read.
    public var patience: Duration
    /// Bytes of a request's head: some ten times what a browser sends.
    public var head = 16_384
    /// Fields of a request's head.
    public var fields = 100
    /// Bytes of a request's body.
    public var body: Int
    /// Bytes that all connections together hold, of bodies that are still arriving and of answers that are not read
    /// yet. If there are more, the connection that has waited longest is closed. Making an answer takes some three
    /// times as much for a while.
    public var held = 16 << 20
    /// Whether a connection may carry several requests in turn.
    public var keepsAlive = true

    public init(waiting: Int, patience: Duration, body: Int) {
        self.waiting = waiting
        self.patience = patience
        self.body = body
    }
}
