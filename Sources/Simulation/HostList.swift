/// The hosts of a shard, in memory of their own.
///
/// An array would do, but that a look at a part of a part of its element (`hosts[index].ailment?.pausedUntil`) may copy the
/// whole element: with a dozen references in it, that was a tenth of all time. Here it is looked at in place.
///
/// A copy of a list is the same list: a shard has one, and is never copied.
struct HostList {
    /// Frees the memory when the list is gone.
    private final class Memory {
        var base: UnsafeMutablePointer<VirtualHost>
        var count = 0
        var capacity: Int

        init(capacity: Int) {
            base = .allocate(capacity: capacity)
            self.capacity = capacity
        }

        deinit {
            base.deinitialize(count: count)
            base.deallocate()
        }

        func reserve(_ capacity: Int) {
            guard capacity > self.capacity else { return }
            let larger = UnsafeMutablePointer<VirtualHost>.allocate(capacity: capacity)
            larger.moveInitialize(from: base, count: count)
            base.deallocate()
            (base, self.capacity) = (larger, capacity)
        }
    }

    private let memory = Memory(capacity: 4)
    /// That of `memory`, which has them as well.
    private var base: UnsafeMutablePointer<VirtualHost>
    private(set) var count = 0

    init() { base = memory.base }

    mutating func reserveCapacity(_ capacity: Int) {
        memory.reserve(capacity)
        base = memory.base
    }

    mutating func append(_ host: VirtualHost) {
        if count == memory.capacity { reserveCapacity(2 * count) }
        (base + count).initialize(to: host)
        count += 1
        memory.count = count
    }

    subscript(index: Int) -> VirtualHost {
        unsafeAddress {
            precondition(index >= 0 && index < count)
            return UnsafePointer(base + index)
        }
        // The list has the element alone, and whoever changes it has the list.
        unsafeMutableAddress {
            precondition(index >= 0 && index < count)
            return base + index
        }
    }

    func reduce<Result>(_ first: Result, _ next: (Result, borrowing VirtualHost) -> Result) -> Result {
        var result = first
        for index in 0..<count { result = next(result, base[index]) }
        return result
    }
}
