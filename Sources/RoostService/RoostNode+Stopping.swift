import Basics
import NIOCore

extension RoostNode {
    /// Ends the node cleanly, within five seconds: receipts and tombstones leave that others are to have; no new work; a last
    /// snapshot of the contacts; the last commit; the sockets and the store closed; the directory unlocked. Returns when
    /// all of that is done. Repeated calls wait for the first.
    ///
    /// `last` is called before the directory is unlocked: whoever serves this node from there, such as on a control
    /// socket, withdraws in it, and so never takes away what the next node has put there.
    public func stop(_ last: @Sendable () async -> Void = {}) async {
        guard phase == .running, !isLeaving else { return await waitUntilStopped() }
        isLeaving = true
        let end = NIODeadline.now() + RoostNode.longestEnd
        await sayFarewell()
        phase = .stopping
        bootstrapping?.cancel()
        monitor.stop()
        networkLook?.cancel()
        station?.saveContacts()
        settle()
        let isClean = await finishCommits(by: end)
        if !isClean { logger.warning("The disk did not take the last writes in time; what was acknowledged is on it") }
        // What waited for the last commit has been answered by now.
        waiters.wakeAll(.stopped)
        for channel in channels { try? await channel.close() }
        watchRounds?.cancel()
        watchRounds = nil
        timer?.scheduled.cancel()
        timer = nil
        channels = []
        sockets = nil
        probeSockets = nil
        station = nil
        commits = nil
        writer = nil
        lookups.finish()
        watchers.finish()
        await last()
        // As long as a commit hangs, nobody else may have the directory.
        if isClean { lock = nil }
        phase = .stopped
        for continuation in stopping { continuation.resume() }
        stopping = []
    }

    private func waitUntilStopped() async {
        guard phase != .stopped else { return }
        await withCheckedContinuation { stopping.append($0) }
    }

    /// Lets receipts and tombstones leave that others are to have, for a moment.
    private func sayFarewell() async {
        station?.hurry(now: SystemClock.now(), into: &effects)
        settle()
        guard station?.agent?.owesOthers == true else { return }
        _ = await news(of: .farewell, until: .now() + RoostNode.longestFarewell)
    }

    /// Tells whoever waits for it that others need hear nothing more.
    func watchFarewell() {
        if isLeaving, station?.agent?.owesOthers == false { waiters.wake(.farewell, .news) }
    }

    /// Two round trips across the world, and a commit on a slow disk.
    private static let longestFarewell = TimeAmount.milliseconds(1_500)

    /// Waits for the commits under way, but not for ever: a disk that hangs must not hold up the end. What is lost then
    /// was never acknowledged. Returns whether they have ended.
    private func finishCommits(by end: NIODeadline) async -> Bool {
        guard let commits else { return true }
        let finished = eventLoop.makePromise(of: Bool.self)
        let late = eventLoop.scheduleTask(deadline: end) { finished.succeed(false) }
        // What gathered during one commit is submitted once that has been reported, and is the last.
        commits.flush { self.eventLoop.execute { commits.finish { finished.succeed(true) } } }
        defer { late.cancel() }
        return (try? await finished.futureResult.get()) ?? false
    }

    private static let longestEnd = TimeAmount.seconds(4)

    /// A channel is gone. Unasked for, that means that the system took the socket away.
    func channelEnded() {
        guard phase == .running else { return }
        logger.critical("The system closed a socket that the node listens on: restart the node")
    }
}
