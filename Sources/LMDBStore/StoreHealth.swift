import Synchronization

/// The condition of a store, readable from any thread.
public final class StoreHealth: Sendable {
    private let broken = Atomic(false)
    private let gone = Atomic(false)
    private let full = Atomic(false)
    private let nearlyFull = Atomic(false)
    private let damaged = Atomic(0)

    init() {}

    /// Whether the disk failed: nothing is written any more, and the program should end.
    public var isBroken: Bool { broken.load(ordering: .relaxed) }

    /// Whether the store's file was removed, or is no longer where it was opened: then it is broken as well.
    public var isGone: Bool { gone.load(ordering: .relaxed) }

    /// Whether the disk is full: batches that add something are refused until there is room again.
    public var isFull: Bool { full.load(ordering: .relaxed) }

    /// Whether the disk is nearly full: batches that keep something for others are refused until there is room again.
    public var isNearlyFull: Bool { nearlyFull.load(ordering: .relaxed) }

    /// How many times a damaged value was met, by the check at the start and by reads since. It counted as absent.
    public var damagedReads: Int { damaged.load(ordering: .relaxed) }

    func recordGone() {
        gone.store(true, ordering: .relaxed)
        recordBroken()
    }

    func recordBroken() { broken.store(true, ordering: .relaxed) }

    func record(isFull: Bool) { full.store(isFull, ordering: .relaxed) }

    func record(isNearlyFull: Bool) { nearlyFull.store(isNearlyFull, ordering: .relaxed) }

    func recordDamage(count: Int) { damaged.add(count, ordering: .relaxed) }
}
