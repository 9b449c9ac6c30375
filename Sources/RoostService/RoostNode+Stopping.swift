import Basics
import NIOCore

extension RoostNode {
    /// Ends the node cleanly, within five seconds: receipts and tombstones leave that others are to have; no new work; a last
    /// snapshot of the contacts; the last commit; the sockets and the store closed; the directory unlocked. Returns when
    /// all of that is done. Repeated calls wait for the first.
    ///
    /// `last` is called before the directory is unlocked. A program that serves this node from the directory, such as
    /// on a control socket, stops serving in it. So it never removes what the next node has put there.
    public func stop(_ last: @Sendable () async -> Void = {}) async {
        guard phase == .running, !isLeaving else { return await waitUntilStopped() }
        isLeaving = true
        let end = NIODeadline.now() + RoostNode.longestEnd
        await sayFarewell()
        endDiscovery()
        await endMapping()
        phase = .stopping
        bootstrapping?.cancel()
        monitor.stop()
        networkLook?.cancel()
        station?.saveContacts()
        finishTurn()
        let isClean = await finishCommits(by: end)
        if !isClean { logger.warning("The disk did not take the last writes in time; what was acknowledged is on it") }
        // What waited for the last commit has been answered by now.
        waiters.wakeAll(.stopped)
        for watch in watches { eventLoop.remove(watch) }
        watchRounds?.cancel()
        watchRounds = nil
        timer?.scheduled.cancel()
        timer = nil
        watches = []
        sockets = nil
        probeSockets = nil
        station = nil
        commits = nil
        writer = nil
        lookups.finish()
        watchers.finish()
        await last()
        // While a commit hangs, no other process may use the directory.
        if isClean { lock = nil }
        phase = .stopped
        for continuation in stopping { continuation.resume() }
        stopping = []
    }

    private func waitUntilStopped() async {
        guard phase != .stopped else { return }
        await withCheckedContinuation { stopping.append($0) }
    }

    /// Waits a moment for receipts, tombstones and mail that others should have to leave.
    private func sayFarewell() async {
        let now = SystemClock.now()
        station?.hurry(now: now, into: &effects)
        station?.leave(now: now, into: &effects)
        let place = waiters.enter(for: .farewell)
        finishTurn()
        if owesOthers {
            _ = await news(at: place, until: .now() + RoostNode.longestFarewell)
        } else {
            waiters.leave(place)
        }
        let handedOver = station?.node.handedOver ?? 0
        if handedOver > 0 {
            logger.info("Handed over to other nodes what they lacked", metadata: ["things": "\(handedOver)"])
        }
        if station?.node.isHandingOver == true { logger.info("There was no time to hand over everything") }
    }

    private var owesOthers: Bool { station?.agent?.owesOthers == true || station?.node.isHandingOver == true }

    /// Wakes the caller that waits until nothing more has to be sent to others.
    func watchFarewell() {
        if isLeaving, !owesOthers { waiters.wake(.farewell, .news) }
    }

    /// Some round trips across the world, and a commit on a slow disk.
    private static let longestFarewell = TimeAmount.milliseconds(2_500)

    /// Waits for the commits under way, but only until `end`: a disk that hangs must not delay the end. What is lost
    /// then was never acknowledged. Returns whether the commits have ended.
    private func finishCommits(by end: NIODeadline) async -> Bool {
        guard let commits else { return true }
        let finished = eventLoop.makePromise(of: Bool.self)
        let late = eventLoop.scheduleTask(deadline: end) { finished.succeed(false) }
        // What is collected during one commit is submitted when that commit has been reported, and is the last.
        commits.flush { self.eventLoop.execute { commits.finish { finished.succeed(true) } } }
        defer { late.cancel() }
        return (try? await finished.futureResult.get()) ?? false
    }

    private static let longestEnd = TimeAmount.seconds(4)

    /// The system took a socket away.
    func socketEnded() {
        guard phase == .running else { return }
        logger.critical("The system closed a socket that the node listens on: restart the node")
    }
}
