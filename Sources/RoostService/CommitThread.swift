import Exchange
import NIOConcurrencyHelpers
import NIOPosix

/// Makes what the cores write durable, in order, on a thread of its own: a slow disk stops nobody but those who wait for it.
///
/// While one commit runs, what is submitted collects, and becomes the next (group commit): the slower the disk, the larger
/// the groups.
package final class CommitThread: Sendable {
    /// Whose writes they are: each core counts its own tickets.
    package enum Origin: Hashable, Sendable { case node, person }

    /// Writes that become durable together.
    package struct Submission: Sendable {
        let origin: Origin
        let writes: [StoreWrite]
        let through: Ticket

        package init(origin: Origin, writes: [StoreWrite], through: Ticket) {
            self.origin = origin
            self.writes = writes
            self.through = through
        }
    }

    /// How a submission ended.
    package struct Report: Hashable, Sendable {
        package let origin: Origin
        package let through: Ticket
        package let result: CommitResult
    }

    private struct State {
        var waiting: [Submission] = []
        var isRunning = false
        var isEnding = false
        var whenEnded: (@Sendable () -> Void)?
    }

    /// Writes after which a group takes no more: enough that a write costs little, few enough that the next group needn't
    /// wait for long.
    package static let groupSize = 1_024

    private let state = NIOLockedValueBox(State())
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let commit: @Sendable ([StoreWrite]) -> CommitResult
    private let report: @Sendable ([Report]) -> Void

    /// Both closures are called on the thread; `report` once for each group, in the order of submission.
    package init(
        commit: @escaping @Sendable ([StoreWrite]) -> CommitResult, report: @escaping @Sendable ([Report]) -> Void
    ) {
        self.commit = commit
        self.report = report
        thread.start()
    }

    /// Queues writes, and returns at once. The caller's order of calls is the order of commits.
    package func submit(_ submission: Submission) {
        let starts = state.withLockedValue { state in
            guard !state.isEnding else { return false }
            state.waiting.append(submission)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if starts { thread.submit { _ in self.run() } }
    }

    /// Calls `body` on the thread once everything submitted so far has been reported.
    package func flush(_ body: @escaping @Sendable () -> Void) { thread.submit { _ in body() } }

    /// Calls `body` once everything submitted so far has been reported and the thread is gone. What is submitted later is
    /// dropped: nobody acknowledges it either.
    package func finish(_ body: @escaping @Sendable () -> Void) {
        let isIdle = state.withLockedValue { state in
            state.isEnding = true
            if state.isRunning { state.whenEnded = body }
            return !state.isRunning
        }
        if isIdle { end(body) }
    }

    private func end(_ body: @escaping @Sendable () -> Void) {
        thread.shutdownGracefully { _ in body() }
    }

    private func run() {
        while let group = nextGroup() { report(settle(group)) }
    }

    private func settle(_ group: [Submission]) -> [Report] {
        let together = commit(group.flatMap(\.writes))
        return group.map { submission in
            // Where the group is too large for what is left of the disk, one of it may still fit.
            let result = together == .full && group.count > 1 ? commit(submission.writes) : together
            return Report(origin: submission.origin, through: submission.through, result: result)
        }
    }

    /// What has collected, or nil, and with it the end of this run, where nothing has.
    private func nextGroup() -> [Submission]? {
        let (group, finished) = state.withLockedValue { state -> ([Submission]?, (@Sendable () -> Void)?) in
            var writes = 0
            let end = state.waiting.firstIndex { submission in
                defer { writes += submission.writes.count }
                return writes >= CommitThread.groupSize
            }
            let group = Array(state.waiting[..<(end ?? state.waiting.endIndex)])
            state.waiting.removeFirst(group.count)
            guard group.isEmpty else { return (group, nil) }
            state.isRunning = false
            return (nil, state.whenEnded)
        }
        if let finished { end(finished) }
        return group
    }
}
