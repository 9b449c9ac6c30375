import CLibrary
import Synchronization

/// Threads that do pieces of work together with their owner, thousands of times a second: between two rounds they look out
/// for the next one for some microseconds, and sleep after that.
///
/// It belongs to one thread at a time. The threads end when it goes.
public final class WorkerThreads {
    private let shared = Shared()

    /// So many threads besides the owner's. Where the system gives fewer, there are fewer.
    public init(_ count: Int) {
        for _ in 0..<max(0, count) {
            let worker = Unmanaged.passRetained(shared)
            if !WorkerThreads.start(worker.toOpaque()) { worker.release() }
        }
    }

    deinit { shared.end() }

    /// Does the work of each number below `count`, each by whichever thread comes first, and returns when all is done.
    public func run(_ count: Int, _ work: (Int) -> Void) {
        withoutActuallyEscaping(work) { work in
            shared.begin(count, work)
            shared.work()
            shared.close()
        }
    }

    private static func start(_ argument: UnsafeMutableRawPointer) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        // As much as a main thread has: the simulation's nodes are made for that.
        pthread_attr_setstacksize(&attributes, 8 << 20)
        #if canImport(Darwin)
            var thread: pthread_t?
            return pthread_create(&thread, &attributes, { WorkerThreads.main($0) }, argument) == 0
        #else
            var thread = pthread_t()
            return pthread_create(&thread, &attributes, { WorkerThreads.main($0) }, argument) == 0
        #endif
    }

    private static func main(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        let shared = Unmanaged<Shared>.fromOpaque(argument).takeRetainedValue()
        while shared.enter() {
            shared.work()
            shared.leave()
        }
        return nil
    }
}

/// What the threads have in common.
// Sendable: `piece` is changed by the owner only, and only while the round is closed and nobody is in it.
// Who is in it has entered by a change of `state` that comes after the owner's. All else is atomic, or made once.
private final class Shared: @unchecked Sendable {
    /// Looks at a variable that another thread is about to change, before a thread sleeps: some 20 microseconds.
    private static let looks = 8_000

    /// A bit that is set while nobody may enter, and one that says that there are no more rounds. Below them: how many
    /// threads are in the round, besides the owner.
    private static let closed = 1 << 32
    private static let ended = 1 << 33

    private var piece: ((Int) -> Void)?
    private let count = Atomic<Int>(0)
    private let state = Atomic<Int>(Shared.closed)
    /// The next number that nobody has taken.
    private let next = Atomic<Int>(0)
    /// Threads that sleep, the owner included.
    private let sleepers = Atomic<Int>(0)
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(lock)
        changed.deallocate()
        lock.deallocate()
    }

    // MARK: The owner

    func begin(_ count: Int, _ piece: @escaping (Int) -> Void) {
        self.piece = piece
        self.count.store(count, ordering: .relaxed)
        next.store(0, ordering: .relaxed)
        state.store(0, ordering: .sequentiallyConsistent)
        wake()
    }

    /// Lets nobody enter any more, and waits until all have left. Who comes too late isn't waited for.
    func close() {
        state.wrappingAdd(Shared.closed, ordering: .sequentiallyConsistent)
        look { state.load(ordering: .sequentiallyConsistent) == Shared.closed }
        piece = nil
    }

    func end() {
        state.store(Shared.closed | Shared.ended, ordering: .sequentiallyConsistent)
        wake()
    }

    // MARK: Every thread

    /// Takes one number after the other, until none is left.
    func work() {
        guard let piece else { return }
        while true {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < count.load(ordering: .relaxed) else { return }
            piece(number)
        }
    }

    /// Waits until there is something to do, and enters; false: there is nothing any more.
    func enter() -> Bool {
        while true {
            look { isOpen(state.load(ordering: .sequentiallyConsistent)) }
            let before = state.load(ordering: .sequentiallyConsistent)
            if before & Shared.ended != 0 { return false }
            guard isOpen(before) else { continue }
            let (isIn, _) = state.compareExchange(
                expected: before, desired: before + 1, ordering: .sequentiallyConsistent)
            if isIn { return true }
        }
    }

    private func isOpen(_ state: Int) -> Bool {
        // Where all numbers are taken there is nothing to enter for.
        state & Shared.ended != 0
            || (state & Shared.closed == 0 && next.load(ordering: .relaxed) < count.load(ordering: .relaxed))
    }

    func leave() {
        if state.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue == Shared.closed { wake() }
    }

    // MARK: Waiting

    private func look(_ isThere: () -> Bool) {
        for _ in 0..<Shared.looks where isThere() { return }
        pthread_mutex_lock(lock)
        // Who changes something looks for sleepers afterwards: so either it is seen here, or they are seen there.
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while !isThere() { pthread_cond_wait(changed, lock) }
        sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(lock)
    }

    private func wake() {
        guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
        pthread_mutex_lock(lock)
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(lock)
    }
}
