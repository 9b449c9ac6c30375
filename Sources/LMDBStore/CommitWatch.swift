import Synchronization

/// Tells a reader whether so many commits ran while it began to read that it may see a mixture of two states.
///
/// LMDB picks the newest state by its number, and then copies that state's root. There are two places for it, which
/// commits write in turn. One commit in the meantime writes the other place. Of two commits, the second writes this
/// place: the reader then has a newer state under an older number, or half of each.
struct CommitWatch: ~Copyable {
    private let begun = Atomic<UInt>(0)
    private let ended = Atomic<UInt>(0)

    /// Runs a commit.
    func commit(_ body: () -> Int32) -> Int32 {
        begun.add(1, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let code = body()
        ended.add(1, ordering: .releasing)
        return code
    }

    /// How many commits were under way at any time during `body`.
    func commits(during body: () -> Void) -> UInt {
        let before = ended.load(ordering: .acquiring)
        body()
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return begun.load(ordering: .sequentiallyConsistent) - before
    }
}
