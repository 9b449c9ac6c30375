import Basics

/// Records of peers that were looked up or used lately, the least recently used first. A linear search does for 256.
struct RecordCache {
    /// The entries, the one longest unused first.
    private(set) var entries: [RecordLookup] = []

    /// The entry of a peer, made when there is none. Full: the one longest unused goes.
    subscript(peer: PeerID) -> RecordLookup {
        get {
            guard let index = entries.firstIndex(where: { $0.peer == peer }) else { return RecordLookup(peer: peer) }
            return entries[index]
        }
        set {
            if let index = entries.firstIndex(where: { $0.peer == peer }) { entries.remove(at: index) }
            entries.append(newValue)
            if entries.count > Limits.cachedRecords, let index = entries.firstIndex(where: { !$0.isUnderWay }) {
                entries.remove(at: index)
            }
        }
    }

    /// That nothing was found may be for want of a network.
    mutating func forgetMisses() {
        for index in entries.indices { entries[index].forgetMiss() }
    }

    mutating func removeAll() { entries.removeAll() }
}
