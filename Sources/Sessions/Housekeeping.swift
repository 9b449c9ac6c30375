import Basics

/// When something is over, and when the node is to be woken for it.
///
/// Nobody waits for it: what is overdue goes before anything else that the table does, so that only memory is held for
/// longer. Were the node woken for each abandoned handshake, those would be a tenth of all its timers where many nodes leave.
/// So all housekeeping is done together, at moments of the node's own.
struct Housekeeping: Sendable {
    let dueAt: Instant
    let wakeAt: Instant

    init(dueAt: Instant, of node: NodeID) {
        self.dueAt = dueAt
        // A tenth of a second later, as a `CompactInstant` is rounded down: never before it is due.
        let due = CompactInstant(dueAt) + CompactDuration(.milliseconds(100))
        let pace = CompactDuration(SessionTimes.housekeeping)
        wakeAt = due.rounded(up: pace, phase: node.bytes.words.3).instant
    }
}
