import Basics
import Exchange
import Sessions

/// What a node does when the network changes that its machine is in.
extension Node {
    /// The machine has other addresses or other ways out than before, or has lost or regained them all: to be called by the
    /// driver, once for all that changes together. Who knew this node may not find it where it was, and what has failed may
    /// work now.
    public mutating func networkChanged(to state: NetworkState, now: Now, into outbox: inout Outbox) {
        swap(&scratch, &outbox.scratch)
        defer { swap(&scratch, &outbox.scratch) }
        network = state
        guard !state.routes.isEmpty else { return }
        reachability.forgetFindings(now: now.monotonic)
        bootstrap.hasten(now: now.monotonic)
        if let due = bootstrap.nextAttempt, due <= now.monotonic { attemptBootstrap(now: now, into: &outbox) }
    }
}
