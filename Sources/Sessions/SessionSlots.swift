import Basics
import Cryptography

/// The storage of sessions. The low bits of a receiver index are the slot's number, and the rest is random. So a
/// datagram's session is found without a search, no two sessions have the same index, and an index can't be guessed.
///
///     31                    12 11          0
///     +-----------------------+-------------+
///     | random                | slot        |
///     +-----------------------+-------------+
struct SessionSlots: Sendable {
    /// Bits of a slot's number: room for all sessions, unproven ones and handshakes at once.
    static let slotBits = 12
    static let capacity = 1 << slotBits

    /// The session in each slot, or `Session.vacant`: reading one field of an optional session would copy all of it. It
    /// is changed in place: an accessor of our own would allocate its frame.
    var entries: [Session] = []
    /// The sending and the receiving key of the session in each slot. It has as many places as `entries` has capacity.
    private(set) var keys = SecretKeyPairs()
    /// A hint at the address of the session in each slot, so that the sessions of one host are found without looking at
    /// all of them.
    private var addresses: [AddressHint] = []
    /// The index handed out for each slot; while the slot is free, an index of another slot.
    private var indices: [UInt32] = []
    private var free: [Int] = []
    /// The slots of the proven sessions, by their pairs.
    private var pairs = PairIndex()
    /// The number of sessions.
    private(set) var count = 0
    /// The cipher suite that seals and opens datagrams.
    let suite: CipherSuite
    /// How many datagrams each session may carry.
    var budget = SessionBudget()

    init(suite: CipherSuite) { self.suite = suite }

    /// Bytes of the room reserved, and of what sessions hold elsewhere on the heap.
    var memory: Int {
        entries.reduce(entries.capacity * MemoryLayout<Session>.stride) { $0 + $1.memoryElsewhere } + keys.memory
            + addresses.capacity * MemoryLayout<AddressHint>.stride + indices.capacity * MemoryLayout<UInt32>.stride
            + free.capacity * MemoryLayout<Int>.stride + pairs.memory
    }

    static func slot(of index: UInt32) -> Int { Int(index) & (capacity - 1) }

    /// Reserves a free slot and returns its receiver index, or nil where no slot is free.
    mutating func reserve(random: UInt32) -> UInt32? {
        let slot: Int
        if let first = free.indices.min(by: { free[$0] < free[$1] }) {
            slot = free[first]
            free.swapAt(first, free.count - 1)
            free.removeLast()
        } else {
            guard entries.count < SessionSlots.capacity else { return nil }
            slot = entries.count
            if entries.count == keys.capacity { grow() }
            entries.append(.vacant)
            addresses.append(AddressHint(Session.vacant.path.endpoint))
            indices.append(SessionSlots.noIndex(of: slot))
        }
        let index = random << UInt32(SessionSlots.slotBits) | UInt32(slot)
        indices[slot] = index
        return index
    }

    /// Grows the capacity by a few, or by an eighth, only: sessions are large, and nodes many.
    private mutating func grow() {
        entries.reserveCapacity(entries.count + max(4, entries.count / 8))
        addresses.reserveCapacity(entries.capacity)
        indices.reserveCapacity(entries.capacity)
        keys.resize(to: entries.capacity)
    }

    /// Puts a session into the slot reserved under `index`, and returns that slot.
    @discardableResult
    mutating func insert(_ session: Session, _ keys: TransportKeys, at index: UInt32) -> Int {
        let slot = SessionSlots.slot(of: index)
        precondition(indices[slot] == index && entries[slot].isVacant)
        entries[slot] = session
        self.keys.set(keys.send, keys.receive, at: slot)
        addresses[slot] = AddressHint(session.path.endpoint)
        count += 1
        return slot
    }

    /// The session in a slot goes over another path from now on.
    mutating func move(_ slot: Int, to path: Path) {
        entries[slot].move(to: path)
        addresses[slot] = AddressHint(path.endpoint)
    }

    /// Frees the slot that was reserved under `index` and has no session.
    mutating func release(_ index: UInt32) {
        let slot = SessionSlots.slot(of: index)
        precondition(indices[slot] == index && entries[slot].isVacant)
        vacate(slot)
    }

    /// Frees a slot, and releases all storage at the end that a burst has left empty.
    private mutating func vacate(_ slot: Int) {
        indices[slot] = SessionSlots.noIndex(of: slot)
        free.append(slot)
        guard slot == entries.count - 1 else { return }
        while let last = indices.last, last == SessionSlots.noIndex(of: indices.count - 1) {
            entries.removeLast()
            addresses.removeLast()
            indices.removeLast()
        }
        free.removeAll { $0 >= entries.count }
        guard entries.capacity > 2 * entries.count + 32 else { return }
        entries = entries.map(\.self)
        addresses = addresses.map(\.self)
        indices = indices.map(\.self)
        keys.resize(to: entries.capacity)
    }

    /// An index that never finds this slot: one of the neighbouring slot.
    private static func noIndex(of slot: Int) -> UInt32 { UInt32(slot ^ 1) }

    /// Removes the session from a slot, which must have one, wipes its keys and frees the slot.
    mutating func remove(at slot: Int) {
        precondition(!entries[slot].isVacant)
        pairs.remove(slot, of: entries[slot].pair)
        entries[slot] = .vacant
        keys.wipe(slot)
        count -= 1
        vacate(slot)
    }

    /// Makes a proven session findable by its pair. A pair has at most two sessions, so that one key can't fill the
    /// table.
    mutating func link(_ slot: Int) {
        pairs.insert(slot, of: entries[slot].pair)
    }

    /// The slot of the session of a pair over which requests are sent.
    func current(of pair: SessionPair) -> Int? {
        pairs.first(of: pair) { entries[$0].isCurrent && entries[$0].isOf(pair) }
    }

    /// The slot of the pair's other session.
    func previous(of pair: SessionPair) -> Int? {
        pairs.first(of: pair) { !entries[$0].isCurrent && entries[$0].isOf(pair) }
    }

    /// The number of sessions that can be found by their pairs.
    var linked: Int { pairs.count }

    /// The slot of the session with a receiver index.
    func slot(withIndex index: UInt32) -> Int? {
        let slot = SessionSlots.slot(of: index)
        return slot < indices.count && indices[slot] == index && !entries[slot].isVacant ? slot : nil
    }

    /// The receiver index of the session in a slot.
    func index(of slot: Int) -> UInt32? { SessionSlots.slot(of: indices[slot]) == slot ? indices[slot] : nil }

    /// The slot of the proven session over a path for which the other side's index is `index`.
    func slot(withRemoteIndex index: UInt32, over path: Path) -> Int? {
        entries.indices.last {
            entries[$0].isProven && entries[$0].remoteIndex == index && entries[$0].path == path
        }
    }

    /// The slot of a session.
    func slot(of id: SessionID) -> Int? {
        let slot = Int(id.number & UInt64(SessionSlots.capacity - 1))
        return slot < entries.count && entries[slot].id == id ? slot : nil
    }

    /// The slots of the sessions for which `condition` holds, in their order.
    func slots(where condition: (Session) -> Bool) -> [Int] {
        entries.indices.filter { !entries[$0].isVacant && condition(entries[$0]) }
    }

    /// Whether there is a session with a node at the same host for which `condition` holds.
    func contains(hostOf endpoint: Endpoint, where condition: (Session) -> Bool) -> Bool {
        let (hint, host) = (AddressHint(endpoint), Account.host(of: endpoint))
        return addresses.indices.contains {
            addresses[$0].mayBeHost(of: hint) && !entries[$0].isVacant
                && Account.host(of: entries[$0].path.endpoint) == host && condition(entries[$0])
        }
    }
}
