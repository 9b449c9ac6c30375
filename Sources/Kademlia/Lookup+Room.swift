import Basics

/// Which candidates a lookup has room for.
extension Lookup {
    /// Makes room for a newcomer, overall and in its address block, by dropping a farther candidate that wasn't asked
    /// yet. Candidates already asked stay, so that none is asked twice.
    mutating func makeRoom(for newcomer: Candidate, at gap: Int) -> Bool {
        if unfailed >= Limits.lookupCandidates { marks.insert(.lookupCandidatesFull) }
        if unfailed >= Limits.lookupCandidates, farthestUnasked(from: gap) == nil { return false }
        if let block = newcomer.block, isFull(block, at: gap) {
            marks.insert(.lookupBlockFull)
            return drop(farthestUnasked(from: gap, of: block))
        }
        return unfailed < Limits.lookupCandidates || drop(farthestDoubtful(from: gap) ?? farthestUnasked(from: gap))
    }

    /// Whether an address block has no room for a newcomer at `gap`. Its closer candidates take room, and those that
    /// weren't asked yet. Farther ones that were asked take none: otherwise the nodes on the way to the closest of their
    /// block could shut it out. But only so many of a block are asked.
    private func isFull(_ block: UInt64, at gap: Int) -> Bool {
        var (held, asked) = (0, 0)
        for index in candidates.indices where candidates[index].block == block && candidates[index].state != .failed {
            if index < gap || candidates[index].requests == 0 { held += 1 }
            if candidates[index].requests > 0 { asked += 1 }
        }
        return held >= Limits.lookupCandidatesPerBlock || asked >= Limits.lookupRequestsPerBlock
    }

    /// The farthest candidate that was never asked and is named only by doubted nodes.
    private func farthestDoubtful(from gap: Int) -> Int? {
        guard namers.hasDoubts else { return nil }
        return candidates[gap...].lastIndex { $0.requests == 0 && namers.doubt($0.namers) }
    }

    /// The farthest candidate from `gap` on, of one block or of all, that was never asked.
    private func farthestUnasked(from gap: Int, of block: UInt64? = nil) -> Int? {
        candidates[gap...].lastIndex { $0.requests == 0 && (block == nil || $0.block == block) }
    }

    private mutating func drop(_ index: Int?) -> Bool {
        guard let index else { return false }
        candidates.remove(at: index)
        unfailed -= 1
        return true
    }
}
