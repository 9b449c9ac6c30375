import Basics

/// Where sessions lie. The low bits of a receiver index are the slot's number and the rest is random, so that a datagram's
/// session is found without a search, no two have the same index, and nobody guesses one.
///
///     31                    12 11          0
///     +-----------------------+-------------+
///     | random                | slot        |
///     +-----------------------+-------------+
struct SessionSlots: Sendable {
    /// Bits of a slot's number: room for all sessions, unproven ones and handshakes at once.
    static let slotBits = 12
    static let capacity = 1 << slotBits

    private struct Slot {
        /// The index handed out for it; nil while it is free.
        var index: UInt32?
        var session: Session?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []
    /// The number of sessions.
    private(set) var count = 0

    static func slot(of index: UInt32) -> Int { Int(index) & (capacity - 1) }

    /// Takes a free slot and gives the receiver index for it, or nil where there is none.
    mutating func reserve(random: UInt32) -> UInt32? {
        let slot: Int
        if let last = free.popLast() {
            slot = last
        } else {
            guard slots.count < SessionSlots.capacity else { return nil }
            slot = slots.count
            slots.append(Slot())
        }
        let index = random << UInt32(SessionSlots.slotBits) | UInt32(slot)
        slots[slot].index = index
        return index
    }

    /// Puts a session into the slot that was reserved under `index`.
    mutating func insert(_ session: Session, at index: UInt32) {
        let slot = SessionSlots.slot(of: index)
        precondition(slots[slot].index == index && slots[slot].session == nil)
        slots[slot].session = session
        count += 1
    }

    /// Frees the slot that was reserved under `index`, and gives the session that lay there.
    @discardableResult
    mutating func release(_ index: UInt32) -> Session? {
        let slot = SessionSlots.slot(of: index)
        guard slot < slots.count, slots[slot].index == index else { return nil }
        let session = slots[slot].session
        if session != nil { count -= 1 }
        slots[slot] = Slot()
        free.append(slot)
        return session
    }

    /// The index under which a session lies.
    func index(of id: SessionID) -> UInt32? {
        let slot = Int(id.number & UInt64(SessionSlots.capacity - 1))
        guard slot < slots.count, slots[slot].session?.id == id else { return nil }
        return slots[slot].index
    }

    /// The session that lies under an index, changed in place.
    subscript(index: UInt32) -> Session? {
        _read {
            let slot = SessionSlots.slot(of: index)
            if slot < slots.count, slots[slot].index == index { yield slots[slot].session } else { yield nil }
        }
        _modify {
            let slot = SessionSlots.slot(of: index)
            if slot < slots.count, slots[slot].index == index {
                yield &slots[slot].session
            } else {
                var none: Session?
                yield &none
            }
        }
    }

    /// The indices of the sessions for which `condition` holds, in the order of their slots.
    func indices(where condition: (Session) -> Bool) -> [UInt32] {
        slots.compactMap { slot in
            guard let index = slot.index, let session = slot.session, condition(session) else { return nil }
            return index
        }
    }

    /// The proven session on which nothing was heard for the longest, other than `excluded`.
    func leastRecentlyHeard(excluding excluded: SessionID) -> UInt32? {
        var oldest: (index: UInt32, heardAt: Instant)?
        for position in slots.indices {
            guard let index = slots[position].index, let heardAt = slots[position].session?.heardAt,
                slots[position].session?.isProven == true, slots[position].session?.id != excluded
            else { continue }
            if let best = oldest, best.heardAt <= heardAt { continue }
            oldest = (index, heardAt)
        }
        return oldest?.index
    }
}
