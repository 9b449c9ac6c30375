import Basics

/// When something expires, and when the node is to be woken for it.
///
/// The wake-up may come late: the table drops what is overdue before it does anything else, so a delay only costs
/// memory. Under churn, a wake-up for each abandoned handshake would be a tenth of all timers of a node. So all
/// housekeeping is done together, at times that differ from node to node.
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
