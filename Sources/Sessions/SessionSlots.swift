import Basics
import Cryptography

/// Where sessions lie. The low bits of a receiver index are the slot's number and the rest is random, so that a datagram's
/// session is found without a search, no two have the same index, and an index can't be guessed.
///
///     31                    12 11          0
///     +-----------------------+-------------+
///     | random                | slot        |
///     +-----------------------+-------------+
struct SessionSlots: Sendable {
    /// Bits of a slot's number: room for all sessions, unproven ones and handshakes at once.
    static let slotBits = 12
    static let capacity = 1 << slotBits

    /// The session in each slot, or `Session.vacant`: reading one field of an optional session would copy all of it. Changed
    /// in place: an accessor of our own would allocate its frame.
    var entries: [Session] = []
    /// What the session in each slot sends with, and what it receives with. As many places as `entries` has room.
    private(set) var keys = SecretKeyPairs()
    /// A hint at the address of the session in each slot, so that those of one host are found without a look at all of
    /// them.
    private var addresses: [AddressHint] = []
    /// The index handed out for each slot; one of another slot's while it is free.
    private var indices: [UInt32] = []
    private var free: [Int] = []
    /// Where the proven sessions are, by their pairs.
    private var pairs = PairIndex()
    /// The number of sessions.
    private(set) var count = 0
    /// What seals.
    let suite: CipherSuite
    /// What each session may carry.
    var budget = SessionBudget()

    init(suite: CipherSuite) { self.suite = suite }

    /// Bytes of the room reserved, and of what sessions have elsewhere.
    var memory: Int {
        entries.reduce(entries.capacity * MemoryLayout<Session>.stride) { $0 + $1.memoryElsewhere } + keys.memory
            + addresses.capacity * MemoryLayout<AddressHint>.stride + indices.capacity * MemoryLayout<UInt32>.stride
            + free.capacity * MemoryLayout<Int>.stride + pairs.memory
    }

    static func slot(of index: UInt32) -> Int { Int(index) & (capacity - 1) }

    /// Takes a free slot and gives the receiver index for it, or nil where there is none.
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

    /// Makes room for an eighth more: sessions are large, and nodes many.
    private mutating func grow() {
        entries.reserveCapacity(entries.count + max(8, entries.count / 8))
        addresses.reserveCapacity(entries.capacity)
        indices.reserveCapacity(entries.capacity)
        keys.resize(to: entries.capacity)
    }

    /// Puts a session into the slot that was reserved under `index`, and gives that slot.
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

    /// Frees the slot that was reserved under `index` and holds no session.
    mutating func release(_ index: UInt32) {
        let slot = SessionSlots.slot(of: index)
        precondition(indices[slot] == index && entries[slot].isVacant)
        vacate(slot)
    }

    /// Gives a slot back, and all storage that a burst has left empty at the end.
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

    /// An index that no valid lookup of this slot has: one of its neighbour.
    private static func noIndex(of slot: Int) -> UInt32 { UInt32(slot ^ 1) }

    /// Takes the session out of a slot, which has one, wipes its keys and frees the slot.
    mutating func remove(at slot: Int) {
        precondition(!entries[slot].isVacant)
        pairs.remove(slot, of: entries[slot].pair)
        entries[slot] = .vacant
        keys.wipe(slot)
        count -= 1
        vacate(slot)
    }

    /// Lets a session, which is proven, be found by its pair. There are two of a pair at most, so that one key can't
    /// fill the table.
    mutating func link(_ slot: Int) {
        pairs.insert(slot, of: entries[slot].pair)
    }

    /// The slot of the session of a pair that is sent over.
    func current(of pair: SessionPair) -> Int? {
        pairs.first(of: pair) { entries[$0].isCurrent && entries[$0].isOf(pair) }
    }

    /// The slot of the other one.
    func previous(of pair: SessionPair) -> Int? {
        pairs.first(of: pair) { !entries[$0].isCurrent && entries[$0].isOf(pair) }
    }

    /// The number of sessions that are found by their pairs.
    var linked: Int { pairs.count }

    /// The slot of the session with a receiver index.
    func slot(withIndex index: UInt32) -> Int? {
        let slot = SessionSlots.slot(of: index)
        return slot < indices.count && indices[slot] == index && !entries[slot].isVacant ? slot : nil
    }

    /// The receiver index of the session in a slot.
    func index(of slot: Int) -> UInt32? { SessionSlots.slot(of: indices[slot]) == slot ? indices[slot] : nil }

    /// The slot of the proven session over a path that the other side knows under an index of its own.
    func slot(withRemoteIndex index: UInt32, over path: Path) -> Int? {
        entries.indices.last {
            entries[$0].isProven && entries[$0].remoteIndex == index && entries[$0].path == path
        }
    }

    /// The slot in which a session lies.
    func slot(of id: SessionID) -> Int? {
        let slot = Int(id.number & UInt64(SessionSlots.capacity - 1))
        return slot < entries.count && entries[slot].id == id ? slot : nil
    }

    /// The slots of the sessions for which `condition` holds, in their order.
    func slots(where condition: (Session) -> Bool) -> [Int] {
        entries.indices.filter { !entries[$0].isVacant && condition(entries[$0]) }
    }

    /// Whether there is a session for which `condition` holds with somebody at the same host.
    func contains(hostOf endpoint: Endpoint, where condition: (Session) -> Bool) -> Bool {
        let (hint, host) = (AddressHint(endpoint), Account.host(of: endpoint))
        return addresses.indices.contains {
            addresses[$0].mayBeHost(of: hint) && !entries[$0].isVacant
                && Account.host(of: entries[$0].path.endpoint) == host && condition(entries[$0])
        }
    }
}
