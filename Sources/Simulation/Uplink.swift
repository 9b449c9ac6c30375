import Basics

/// The bottleneck of a virtual host: what it sends leaves at a rate, behind what it sent before, and is dropped where the
/// queue is full.
struct Uplink {
    /// Bytes of IPv4 and UDP headers, which take their time as well.
    private static let headers = 28

    private let bitsPerSecond: Int
    /// The longest that a datagram waits before it begins to leave.
    private let queue: Duration
    private var isBusyUntil = Instant.origin
    /// Datagrams dropped.
    private(set) var drops = 0

    init(bitsPerSecond: Int, queue: Duration) {
        precondition(bitsPerSecond > 0)
        self.bitsPerSecond = bitsPerSecond
        self.queue = queue
    }

    /// Takes a datagram: the delay after which it has left, or nil where it is dropped.
    mutating func send(_ byteCount: Int, at time: Instant) -> Duration? {
        let begins = max(isBusyUntil, time)
        guard begins - time <= queue else {
            drops += 1
            return nil
        }
        isBusyUntil = begins + .nanoseconds((byteCount + Uplink.headers) * 8 * 1_000_000_000 / bitsPerSecond)
        return isBusyUntil - time
    }
}
