import Basics
import NIOCore

extension RoostNode {
    /// Ends the node cleanly, within five seconds: no new work; a last snapshot of the contacts; the last commit; the
    /// sockets and the store closed; the directory unlocked. Returns when all of that is done. Repeated calls wait for
    /// the first.
    public func stop() async {
        guard phase == .running else { return await waitUntilStopped() }
        phase = .stopping
        bootstrapping?.cancel()
        waiters.wakeAll(.stopped)
        cores?.node.saveContacts()
        settle()
        await finishCommits()
        // What waited for the last commit has been answered by now.
        for channel in channels { try? await channel.close() }
        timer?.scheduled.cancel()
        timer = nil
        channels = []
        sockets = nil
        cores = nil
        commits = nil
        lock = nil
        phase = .stopped
        lookups.finish()
        watchers.finish()
        for continuation in stopping { continuation.resume() }
        stopping = []
    }

    private func waitUntilStopped() async {
        guard phase != .stopped else { return }
        await withCheckedContinuation { stopping.append($0) }
    }

    /// Waits for the commits under way, but not for ever: a disk that hangs must not hold up the end. What is lost then
    /// was never acknowledged.
    private func finishCommits() async {
        guard let commits else { return }
        let finished = eventLoop.makePromise(of: Void.self)
        let late = eventLoop.scheduleTask(in: RoostNode.longestCommit) { finished.succeed() }
        commits.finish { finished.succeed() }
        try? await finished.futureResult.get()
        late.cancel()
    }

    private static let longestCommit = TimeAmount.seconds(4)

    /// A channel is gone. Unasked for, that means that the system took the socket away.
    func channelEnded() {
        guard phase == .running else { return }
        logger.critical("The system closed a socket that the node listens on: restart the node.")
    }
}
