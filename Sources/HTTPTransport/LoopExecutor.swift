import NIOCore

/// Runs a task on the loop of a socket: what it awaits of that socket then wakes no other thread.
///
/// A request is answered within microseconds, or waits for a node, which has a thread of its own. To wake a thread of the pool for
/// each step of it took longer than the steps (docs/decisions.md).
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
