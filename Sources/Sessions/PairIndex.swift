/// Finds the sessions of a pair of keys. It is a hash table of slot numbers only, as the session in the slot holds the
/// keys. A dictionary of pairs took a hundred bytes for each session; this takes about six.
///
/// Open addressing with linear probing. A place keeps enough of the hash to be moved without a look at the session:
///
///     31         30                12 11          0
///     +----------+-------------------+-------------+
///     | occupied | hash              | slot        |
///     +----------+-------------------+-------------+
struct PairIndex: Sendable {
    private static let slotBits = UInt32(SessionSlots.slotBits)
    private static let occupied: UInt32 = 1 << 31
    /// Room at first; a power of two.
    private static let smallest = 16

    /// The places: a power of two of them, or none; at most three quarters are occupied. 0 marks a free place.
    private var places: [UInt32] = []
    /// The number of slots in the index.
    private(set) var count = 0

    /// Bytes of the room reserved.
    var memory: Int { places.capacity * MemoryLayout<UInt32>.stride }

    /// Calls `isWanted` with the slots inserted for `pair`, and now and then with one of another pair, until it returns
    /// true. Returns that slot.
    @inline(__always)
    func first(of pair: SessionPair, where isWanted: (Int) -> Bool) -> Int? {
        guard count > 0 else { return nil }
        let mask = places.count - 1
        let wanted = PairIndex.entry(pair, slot: 0)
        var place = PairIndex.home(of: wanted, mask)
        while places[place] != 0 {
            let slot = PairIndex.slot(of: places[place])
            if places[place] & ~UInt32(SessionSlots.capacity - 1) == wanted, isWanted(slot) { return slot }
            place = (place + 1) & mask
        }
        return nil
    }

    mutating func insert(_ slot: Int, of pair: SessionPair) {
        if 4 * (count + 1) > 3 * places.count { resize(to: max(PairIndex.smallest, 2 * places.count)) }
        put(PairIndex.entry(pair, slot: slot))
        count += 1
    }

    /// Removes a slot, if it is in the index.
    mutating func remove(_ slot: Int, of pair: SessionPair) {
        guard count > 0 else { return }
        let mask = places.count - 1
        let entry = PairIndex.entry(pair, slot: slot)
        var hole = PairIndex.home(of: entry, mask)
        while places[hole] != entry {
            guard places[hole] != 0 else { return }
            hole = (hole + 1) & mask
        }
        count -= 1
        // Entries that were displaced by the removed one move up, so that no search ends early.
        var next = (hole + 1) & mask
        while places[next] != 0 {
            let distance = (next - PairIndex.home(of: places[next], mask)) & mask
            if distance >= (next - hole) & mask {
                places[hole] = places[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        places[hole] = 0
        if places.count > PairIndex.smallest, 8 * count < places.count { resize(to: places.count / 2) }
    }

    private mutating func resize(to size: Int) {
        let old = places
        places = [UInt32](repeating: 0, count: size)
        for entry in old where entry != 0 { put(entry) }
    }

    private mutating func put(_ entry: UInt32) {
        let mask = places.count - 1
        var place = PairIndex.home(of: entry, mask)
        while places[place] != 0 { place = (place + 1) & mask }
        places[place] = entry
    }

    private static func entry(_ pair: SessionPair, slot: Int) -> UInt32 {
        // Swift's hash is seeded for each process, so that an attacker can't choose keys that collide. The place
        // affects nothing that is observable.
        var hasher = Hasher()
        hasher.combine(pair.remote.bytes.words.0)
        hasher.combine(pair.remote.bytes.words.1 ^ UInt64(pair.identity.number))
        let hash = UInt32(truncatingIfNeeded: hasher.finalize())
        return occupied | (hash << slotBits & ~occupied) | UInt32(slot)
    }

    private static func slot(of entry: UInt32) -> Int { Int(entry) & (SessionSlots.capacity - 1) }

    private static func home(of entry: UInt32, _ mask: Int) -> Int { Int((entry & ~occupied) >> slotBits) & mask }
}
