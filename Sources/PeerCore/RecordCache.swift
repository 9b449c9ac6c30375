import Basics
import Conversations
import Exchange

/// The records of peers, as far as they were looked up lately: a sorted few would do, so few are they.
struct RecordCache {
    struct Entry {
        let peer: PeerID
        var record: PeerRecord?
        /// When the record was found; nil: look again.
        var foundAt: Instant?
        /// The lookups under way and the epoch that each looks into.
        var lookups: [(command: CommandID, epoch: Epoch)] = []
        /// Whether these are of the other epochs than the present one.
        var looksFurther = false
        /// When everybody asked said last that there is no record in the other epochs.
        var missedFurtherAt: Instant?
        /// Whether anybody answered in the last lookup.
        var wasAnswered = true
        /// Parcels that wait for the lookup.
        var waiting: [MessageID] = []
    }

    private(set) var entries: [Entry] = []

    /// The entry of a peer, made when there is none. Full: the one longest unused goes.
    subscript(peer: PeerID) -> Entry {
        get {
            guard let index = entries.firstIndex(where: { $0.peer == peer }) else { return Entry(peer: peer) }
            return entries[index]
        }
        set {
            if let index = entries.firstIndex(where: { $0.peer == peer }) { entries.remove(at: index) }
            entries.append(newValue)
            if entries.count > Limits.cachedRecords, let index = entries.firstIndex(where: { $0.lookups.isEmpty }) {
                entries.remove(at: index)
            }
        }
    }

    /// That nothing was found may be for want of a network.
    mutating func forgetMisses() {
        for index in entries.indices { entries[index].missedFurtherAt = nil }
    }

    mutating func removeAll() { entries.removeAll() }
}
