import Basics

/// Notices that nothing arrives from the network although the node sends: the first sign of a cut that the system
/// doesn't report, long before contacts are evicted.
package struct SilenceWatch: Sendable {
    /// With this many datagrams sent and none received, it is no accident: a contact that has gone is sent four hellos.
    package static let fewestSent = 8

    /// When the first datagram was sent after the last one received.
    private var firstSent: Instant?
    private var sent = 0

    package init() {}

    /// Takes the datagrams sent, and those received that were not noise, since the last call.
    package mutating func observe(sent: Int, received: Int, now: Instant) {
        if received > 0 {
            firstSent = nil
            self.sent = 0
        }
        // Datagrams sent in the same interval as a received one don't count here; the next interval tells.
        guard sent > 0, received == 0 else { return }
        if firstSent == nil { firstSent = now }
        self.sent += sent
    }

    /// How long the node has been sending without receiving; nil while datagrams arrive, or if too few were sent to
    /// tell.
    package func silence(now: Instant) -> Duration? {
        guard let firstSent, sent >= SilenceWatch.fewestSent else { return nil }
        return now - firstSent
    }
}
