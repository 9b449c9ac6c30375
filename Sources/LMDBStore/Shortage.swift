import Storage

/// Whether the disk counts as full, judged by what commits.
///
/// A batch that frees something commits on a full disk too, out of the reserve, and proves nothing. There is room again
/// when a batch that only adds has committed, or when batches that needed no reserve have added as much as was refused.
struct Shortage {
    /// Bytes of values that must still be added before the disk counts as having room; nil where it has.
    private var missing: Int?

    /// Whether the disk still counts as full since the last batch that found no room.
    var isFull: Bool { missing != nil }

    /// A batch found no room.
    mutating func observeRefusal(of writes: [StoreWrite]) { missing = max(1, Shortage.bytes(writes)) }

    /// A batch was committed; `usedReserve`: it would have found no room otherwise.
    mutating func observeCommit(of writes: [StoreWrite], usedReserve: Bool) {
        guard let before = missing, !usedReserve else { return }
        let added = Shortage.bytes(writes)
        let onlyAdds = !writes.isEmpty && !writes.contains { $0.value == nil }
        missing = onlyAdds || added >= before ? nil : before - added
    }

    private static func bytes(_ writes: [StoreWrite]) -> Int { writes.reduce(0) { $0 + ($1.value?.count ?? 0) } }
}
