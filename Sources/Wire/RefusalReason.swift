/// Why a node refuses to keep something. The raw value is its number on the wire and never changes.
public enum RefusalReason: UInt8, CaseIterable, Sendable {
    /// The mailbox holds as much as it may.
    case mailboxFull = 1
    /// The node holds as much as it may, or its disk is full.
    case nodeFull = 2
    /// Its day has passed or lies too far ahead.
    case expiry = 3
    /// It is malformed or a signature or hash doesn't verify.
    case invalid = 4
    /// The node is not among those responsible for the location.
    case notResponsible = 5
    /// The session has not shown that the mailbox is its own.
    case unauthorized = 6
    /// Too many transfers are under way; try again soon.
    case busy = 7
    /// A newer one is held already.
    case stale = 8
    /// There is no such thing here.
    case notFound = 9
    /// The RPC is unknown to this node's version.
    case unknownRPC = 10
    /// The recipient doesn't hold the keys that it was sealed to.
    case unopenable = 11
}
