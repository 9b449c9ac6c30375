import NIOConcurrencyHelpers
import NIOPosix
import Station
import Storage

/// Makes what the cores write durable, in order, on a thread of its own. So a slow disk delays only callers that wait
/// for a commit.
///
/// Writes submitted during a commit are collected and form the next commit: see `CommitQueue`.
package final class CommitThread: Sendable {
    private struct State {
        var queue = CommitQueue()
        var isEnding = false
        var whenEnded: (@Sendable () -> Void)?
    }

    private let state = NIOLockedValueBox(State())
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let commit: @Sendable ([StoreWrite]) -> CommitResult
    private let report: @Sendable ([CommitReport]) -> Void

    /// Both closures are called on the thread; `report` once for each group, in the order of submission.
    package init(
        commit: @escaping @Sendable ([StoreWrite]) -> CommitResult, report: @escaping @Sendable ([CommitReport]) -> Void
    ) {
        self.commit = commit
        self.report = report
        thread.start()
    }

    /// Queues writes, and returns at once. The caller's order of calls is the order of commits.
    package func submit(_ batches: [WriteBatch]) {
        guard !batches.isEmpty else { return }
        let starts = state.withLockedValue { $0.isEnding ? false : $0.queue.submit(batches) }
        if starts { thread.submit { _ in self.run() } }
    }

    /// Calls `body` on the thread once everything submitted so far has been reported.
    package func flush(_ body: @escaping @Sendable () -> Void) { thread.submit { _ in body() } }

    /// Calls `body` once everything submitted so far has been reported and the thread has ended. Later submissions are
    /// dropped; they are never acknowledged either.
    package func finish(_ body: @escaping @Sendable () -> Void) {
        let isIdle = state.withLockedValue { state in
            state.isEnding = true
            if state.queue.isBusy { state.whenEnded = body }
            return !state.queue.isBusy
        }
        if isIdle { end(body) }
    }

    private func end(_ body: @escaping @Sendable () -> Void) {
        thread.shutdownGracefully { _ in body() }
    }

    private func run() {
        while true {
            let group = nextGroup()
            guard !group.isEmpty else { return }
            report(CommitQueue.commit(group, by: commit))
        }
    }

    /// The writes collected so far. If there are none, returns an empty list, and this run ends.
    private func nextGroup() -> [WriteBatch] {
        let (group, finished) = state.withLockedValue { state -> ([WriteBatch], (@Sendable () -> Void)?) in
            let group = state.queue.nextGroup()
            return (group, group.isEmpty ? state.whenEnded : nil)
        }
        if let finished { end(finished) }
        return group
    }
}
