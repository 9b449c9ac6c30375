import Basics

/// An upper bound on how many contacts of a table each address block has, so that the whole table is hardly ever
/// searched for those of one block.
///
/// A counting filter (Fan et al., Summary Cache, 1998) with one hash: blocks that share a count make it too high, never
/// too low.
struct BlockTally: Equatable {
    private static let bits = 7
    /// A saturated count stays as it is: it is no longer known how many contacts it stands for.
    private var counts = [UInt8](repeating: 0, count: 1 << BlockTally.bits)

    /// Bytes of the room reserved.
    var memory: Int { counts.memory }

    /// The number of contacts in any of these blocks is not higher.
    func bound(of blocks: AddressBlocks) -> Int {
        max(blocks.ipv4.map(count) ?? 0, blocks.ipv6.map(count) ?? 0)
    }

    mutating func insert(_ blocks: AddressBlocks) {
        if let block = blocks.ipv4 { add(1, to: block) }
        if let block = blocks.ipv6 { add(1, to: block) }
    }

    mutating func remove(_ blocks: AddressBlocks) {
        if let block = blocks.ipv4 { add(-1, to: block) }
        if let block = blocks.ipv6 { add(-1, to: block) }
    }

    mutating func replace(_ blocks: AddressBlocks, by others: AddressBlocks) {
        guard blocks != others else { return }
        remove(blocks)
        insert(others)
    }

    private func count(_ block: UInt64) -> Int { Int(counts[place(of: block)]) }

    private mutating func add(_ change: Int, to block: UInt64) {
        let place = place(of: block)
        guard counts[place] < .max else { return }
        counts[place] = UInt8(clamping: Int(counts[place]) + change)
    }

    /// Multiplicative hashing (Knuth, The Art of Computer Programming, vol. 3, §6.4).
    private func place(of block: UInt64) -> Int {
        Int(truncatingIfNeeded: (block &* 0x9e37_79b9_7f4a_7c15) >> UInt64(64 - BlockTally.bits))
    }
}
