import Basics

/// Our handshakes under way, oldest first. There are mostly few, so that a linear search finds each fast enough, and an
/// empty list holds no memory.
struct HandshakeList: Sendable {
    /// Changed in place: an accessor of our own would allocate its frame.
    var entries: [OutgoingHandshake] = []

    var count: Int { entries.count }
    /// Bytes of the room reserved, and of the initiations.
    var memory: Int { entries.capacity * MemoryLayout<OutgoingHandshake>.stride + count * Limits.datagramSize }

    /// The index of the oldest handshake, and when it began.
    var oldest: (index: UInt32, startedAt: Instant)? {
        entries.isEmpty ? nil : (entries[0].index, entries[0].startedAt)
    }

    /// The place of the handshake with our index `index`.
    func place(of index: UInt32) -> Int? { entries.firstIndex { $0.index == index } }

    /// The place of the handshake of a pair: a pair has at most one.
    func place(of pair: SessionPair) -> Int? { entries.firstIndex { $0.pair == pair } }

    mutating func append(_ handshake: OutgoingHandshake) { entries.append(handshake) }

    mutating func remove(_ index: UInt32) -> OutgoingHandshake? {
        guard let place = place(of: index) else { return nil }
        let removed = entries.remove(at: place)
        if entries.isEmpty { entries = [] }
        return removed
    }
}
