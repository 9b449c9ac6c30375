import Basics

/// Notices that nothing comes from the network although the node sends: the first sign of a cut that the system doesn't
/// report, long before contacts are given up.
package struct SilenceWatch: Sendable {
    /// So many datagrams without any that comes are no accident: a contact that has gone is sent four hellos.
    package static let fewestSent = 8

    /// When the first datagram was sent of those since one came last.
    private var firstSent: Instant?
    private var sent = 0

    package init() {}

    /// Takes what was sent, and what came that was no noise, since the last call.
    package mutating func observe(sent: Int, received: Int, now: Instant) {
        if received > 0 {
            firstSent = nil
            self.sent = 0
        }
        // What was sent along with what came is not waited for here: the next will tell.
        guard sent > 0, received == 0 else { return }
        if firstSent == nil { firstSent = now }
        self.sent += sent
    }

    /// How long the node has been sending in vain; nil while something comes, or too little was sent to tell.
    package func silence(now: Instant) -> Duration? {
        guard let firstSent, sent >= SilenceWatch.fewestSent else { return nil }
        return now - firstSent
    }
}
