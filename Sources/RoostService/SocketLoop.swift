import CLibrary
import Dispatch
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A thread on which nodes live: it waits for datagrams, for timers, and for what others want done there.
///
/// NIO's own loops could read datagrams as well, but make objects and texts of each, which costs more than to serve it
/// (docs/decisions.md). To the rest of NIO this is one of its loops: futures, scheduled tasks and actors work with it.
///
/// Unchecked, as what is the thread's own has no lock: `run` alone touches it, and `add` and `remove`, which go to the thread first.
/// All else is constant or in `shared`, behind a lock.
package final class SocketLoop: NIOSerialEventLoopExecutor, @unchecked Sendable {
    /// What is to be done on the thread, in this order.
    private enum Work {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
    }

    private struct Shared {
        var work: [Work] = []
        var timers = LoopTimers()
        /// Whether the thread waits or is about to, so that it must be woken.
        var isWaiting = false
    }

    private let shared = NIOLockedValueBox(Shared())
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let bell: (read: CInt, write: CInt)
    /// Where datagrams are received into: once for all sockets, as each batch is dealt with at once.
    let incoming = DatagramBatch(capacity: SocketLoop.vectorSize, room: SocketLoop.room)

    // The thread's own: nobody else touches it.
    private var watches: [SocketWatch] = []
    private var waiting: [pollfd] = []

    /// Datagrams that one system call reads.
    static let vectorSize = 64
    /// Bytes for each: more than the largest datagram has, so that a longer one is seen to be longer.
    private static let room = 1_500

    private init() {
        bell = SystemCalls.makePipe()
        waiting = [pollfd(fd: bell.read, events: Int16(POLLIN), revents: 0)]
        thread.start()
        thread.submit { _ in self.run() }
    }

    // MARK: All loops

    private static let loops = NIOLockedValueBox((all: [SocketLoop](), handedOut: 0))

    /// The loop for another node: as many as there are processors, each of which lasts as long as the process.
    package static func next() -> SocketLoop {
        loops.withLockedValue { loops in
            let place = loops.handedOut % max(1, System.coreCount)
            loops.handedOut += 1
            if place == loops.all.count { loops.all.append(SocketLoop()) }
            return loops.all[place]
        }
    }

    private static let current = ThreadSpecificVariable<SocketLoop>()

    // MARK: The thread

    private func run() {
        SocketLoop.current.currentValue = self
        var work: [Work] = []
        while true {
            let pause = collect(&work)
            for one in work {
                switch one {
                case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
                case .call(let call): call()
                }
            }
            work.removeAll(keepingCapacity: true)
            wait(milliseconds: pause)
        }
    }

    /// Takes what is to be done now. Returns for how long there is nothing to do; -1: until the bell rings.
    private func collect(_ work: inout [Work]) -> CInt {
        shared.withLockedValue { shared in
            swap(&work, &shared.work)
            let now = NIODeadline.now()
            while let due = shared.timers.next(dueBy: now) { work.append(.call(due)) }
            shared.isWaiting = work.isEmpty
            return work.isEmpty ? shared.timers.pause(from: now) : 0
        }
    }

    /// Waits for datagrams and the bell, and has the sockets read.
    private func wait(milliseconds: CInt) {
        guard poll(&waiting, nfds_t(waiting.count), milliseconds) > 0 else { return }
        if waiting[0].revents != 0 { SystemCalls.drain(bell.read) }
        // Whoever reads may end watches, or begin some.
        for watch in watches.enumerated().filter({ waiting[$0.offset + 1].revents != 0 }).map(\.element) {
            watch.read(self)
        }
    }

    // MARK: Sockets

    /// Begins to read a socket, on the thread.
    package func add(_ watch: SocketWatch) {
        guard inEventLoop else { return execute { self.add(watch) } }
        guard watch.begin() else { return }
        watches.append(watch)
        waiting.append(pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0))
    }

    /// Ends it. The watch keeps its socket open until then.
    package func remove(_ watch: SocketWatch) {
        guard inEventLoop else { return execute { self.remove(watch) } }
        watch.end()
        guard let place = watches.firstIndex(where: { $0 === watch }) else { return }
        watches.remove(at: place)
        waiting.remove(at: place + 1)
    }

    // MARK: EventLoop

    package var inEventLoop: Bool { SocketLoop.current.currentValue === self }

    package func enqueue(_ job: consuming ExecutorJob) { append(.job(UnownedJob(job))) }

    package func execute(_ task: @escaping @Sendable () -> Void) { append(.call(task)) }

    private func append(_ work: Work) {
        let mustWake = shared.withLockedValue { shared in
            shared.work.append(work)
            defer { shared.isWaiting = false }
            return shared.isWaiting
        }
        if mustWake { SystemCalls.ring(bell.write) }
    }

    package func scheduleTask<Success>(
        deadline: NIODeadline, _ task: @escaping @Sendable () throws -> Success
    ) -> Scheduled<Success> {
        let promise = makePromise(of: Success.self)
        // Safe, as timers ring on this loop's thread alone, and the promise is this loop's.
        nonisolated(unsafe) let ring: () -> Void = {
            promise.assumeIsolated().completeWith(Result { try task() })
        }
        let (number, mustWake) = shared.withLockedValue { shared in
            let number = shared.timers.add(at: deadline) { ring() }
            defer { shared.isWaiting = false }
            return (number, shared.isWaiting)
        }
        if mustWake { SystemCalls.ring(bell.write) }
        return Scheduled(
            promise: promise,
            cancellationTask: { [shared] in shared.withLockedValue { $0.timers.remove(number) } })
    }

    package func scheduleTask<Success>(
        in amount: TimeAmount, _ task: @escaping @Sendable () throws -> Success
    ) -> Scheduled<Success> { scheduleTask(deadline: .now() + amount, task) }

    /// It lasts as long as the process.
    package func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        queue.async { callback(EventLoopError.unsupportedOperation) }
    }
}

/// A socket that a loop reads.
///
/// Unchecked for `isOver` alone: only the loop's thread reads and changes it. All else is constant.
package final class SocketWatch: @unchecked Sendable {
    let descriptor: CInt
    /// Keeps the socket open.
    private let owner: any AnyObject & Sendable
    /// Reads it; false where the system has taken the socket away.
    private let reading: @Sendable (CInt, DatagramBatch) -> Bool
    private let ended: @Sendable () -> Void
    /// Touched on the loop's thread alone.
    private var isOver = false

    init(
        _ descriptor: CInt, of owner: any AnyObject & Sendable,
        reading: @escaping @Sendable (CInt, DatagramBatch) -> Bool,
        ended: @escaping @Sendable () -> Void
    ) {
        self.descriptor = descriptor
        self.owner = owner
        self.reading = reading
        self.ended = ended
    }

    /// False where it has been ended before it began.
    fileprivate func begin() -> Bool { !isOver }

    fileprivate func end() { isOver = true }

    fileprivate func read(_ loop: SocketLoop) {
        guard !isOver, !reading(descriptor, loop.incoming) else { return }
        loop.remove(self)
        ended()
    }
}
