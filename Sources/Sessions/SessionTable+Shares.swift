import Basics

/// Who goes when there is no room: no address block has more than its share, and where the table is full, the block gives
/// way that has most of it. So one host with any number of keys pushes out its own sessions.
extension SessionTable {
    /// Ends a session where there is one too many since the one in a slot is proven: the one not heard of for the longest.
    mutating func makeRoom(for slot: Int) {
        let isFull = sessions.count - unproven.count > Limits.sessions
        // Where all blocks together are within one's share, nobody has more.
        guard isFull || sessions.count > Limits.sessionsPerBlock else { return }
        let (newcomer, endpoint) = (sessions.entries[slot].id, sessions.entries[slot].endpoint)
        let share = sessions.count(inBlockOf: endpoint) { $0.isProven && $0.id != newcomer }
        guard isFull || share >= Limits.sessionsPerBlock else { return }
        let others = sessions.slots { $0.isProven && $0.id != newcomer }
        let leaving = crowd(among: others, with: endpoint, isFull: isFull, share: Limits.sessionsPerBlock)
            .min { heardAt($0) < heardAt($1) }
        if let leaving { end(leaving) }
    }

    /// Ends a session without proof where there is no room for another one from `endpoint`: the oldest.
    mutating func makeRoom(forUnprovenFrom endpoint: Endpoint) {
        let isFull = unproven.count >= Limits.unprovenSessions
        guard isFull || unproven.count >= Limits.unprovenSessionsPerBlock else { return }
        let others = unproven.compactMap { sessions.slot(of: $0) }
        let leaving = crowd(among: others, with: endpoint, isFull: isFull, share: Limits.unprovenSessionsPerBlock).first
        if let leaving { end(leaving) }
    }

    /// Those of which one must go: the newcomer's block where it has its share already, and otherwise, in a full table, the
    /// block or blocks that have most.
    private func crowd(among slots: [Int], with newcomer: Endpoint, isFull: Bool, share: Int) -> [Int] {
        let blocks = slots.map { AddressGroup.block(of: sessions.entries[$0].endpoint) }
        var counts: [AddressGroup: Int] = [:]
        for block in blocks { counts[block, default: 0] += 1 }
        let newcomers = AddressGroup.block(of: newcomer)
        let isOver = counts[newcomers, default: 0] >= share
        guard isOver || isFull else { return [] }
        let most = blocks.lazy.compactMap { counts[$0] }.max()
        return zip(slots, blocks).filter { isOver ? $0.1 == newcomers : counts[$0.1] == most }.map(\.0)
    }

    private func heardAt(_ slot: Int) -> CompactInstant { sessions.entries[slot].heardAt }
}
