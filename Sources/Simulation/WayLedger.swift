import Basics
import Exchange

/// How a message came to its recipient.
public enum DeliveryWay: UInt8, Hashable, Sendable, CaseIterable {
    /// From the sender's node to the recipient's.
    case straight
    /// From a buddy of the mailbox, which had announced it.
    case announced
    /// From a buddy of the mailbox, found when the recipient's side had a look.
    case looked
}

/// What people's sides fetched because a buddy had announced it, and what they found by themselves.
struct WayLedger {
    private struct Fetch: Hashable {
        let host: HostID
        let envelope: EnvelopeID
    }

    /// The collects under way of what was announced.
    private var collects: [HostID: Set<CommandID>] = [:]
    /// What was fetched because it was announced, in two generations: where one is full the older one is forgotten. Most are
    /// asked for within a second.
    private var recent: Set<Fetch> = []
    private var earlier: Set<Fetch> = []
    private static let remembered = 1 << 14

    /// Somebody collects what was announced.
    mutating func begin(_ command: CommandID, at host: HostID) { collects[host, default: []].insert(command) }

    /// An envelope was fetched.
    mutating func fetch(_ envelope: EnvelopeID, by command: CommandID, at host: HostID) {
        guard collects[host]?.contains(command) == true else { return }
        if recent.count >= WayLedger.remembered { (earlier, recent) = (recent, []) }
        recent.insert(Fetch(host: host, envelope: envelope))
    }

    mutating func end(_ command: CommandID, at host: HostID) { collects[host]?.remove(command) }

    /// A machine has crashed: its commands are no more.
    mutating func crash(_ host: HostID) { collects[host] = nil }

    /// How a message came to a machine by a mailbox that was sealed into these envelopes.
    func way(of envelopes: [EnvelopeID], at host: HostID) -> DeliveryWay {
        let isAnnounced = envelopes.contains { envelope in
            let fetch = Fetch(host: host, envelope: envelope)
            return recent.contains(fetch) || earlier.contains(fetch)
        }
        return isAnnounced ? .announced : .looked
    }
}
