import Basics
import PeerCore
import Wire

/// What people do with messages that were accepted or have come, beside waiting: some are cancelled, read, deleted.
extension Simulator {
    /// After how long people mostly do something.
    private static let pondering = Duration.seconds(120)

    mutating func planCancelling(_ id: MessageID, at host: HostID) {
        guard scenario.cancels > 0, habits.happens(scenario.cancels) else { return }
        agenda.plan(.cancel(id, at: host), at: network.time + habits.span(mean: Simulator.pondering))
    }

    mutating func planReading(_ message: IncomingMessage, at host: HostID) {
        if scenario.reads > 0, habits.happens(scenario.reads) {
            let at = network.time + habits.span(mean: Simulator.pondering)
            agenda.plan(.read(.position(message.position), at: host), at: at)
        }
        if scenario.deletes > 0, habits.happens(scenario.deletes) {
            let at = network.time + habits.span(mean: Simulator.pondering)
            agenda.plan(.delete(message.id, .position(message.position), at: host), at: at)
        }
    }

    /// The outcome is not looked at: whatever it is, the sender hears of the message's state as always.
    mutating func cancel(_ id: MessageID, at host: HostID) {
        guard network.isRunning(host) else { return }
        checks.cancelled(id)
        _ = network.cancel(id, at: host)
    }

    mutating func read(_ message: InboxReference, at host: HostID) {
        guard network.isRunning(host) else { return }
        network.markRead(message, at: host)
    }

    mutating func delete(_ id: MessageID, _ message: InboxReference, at host: HostID) {
        guard network.isRunning(host), network.delete(message, at: host) else { return }
        messages.recordDeleted(id, at: network.time)
        checks.deleted(id)
    }
}
