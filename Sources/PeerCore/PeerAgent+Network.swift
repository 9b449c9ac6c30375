import Basics
import Exchange

/// What a person's side does when the network changes that its machine is in.
extension PeerAgent {
    /// The machine has other addresses or other ways out than before, or has regained them: what waits because something
    /// failed is tried again at once.
    public mutating func networkChanged(now: Now, into outbox: inout PeerOutbox) {
        clock.look(now)
        guard isJoined else { return }
        ways.reopen()
        retryUnstored(now)
        resumePolling(now, after: .zero)
        if publication.failures > 0 {
            publication.failures = 0
            agenda.set(.publish, at: now.monotonic)
        }
        publication.startOver()
        startReady(now, &outbox)
    }
}
