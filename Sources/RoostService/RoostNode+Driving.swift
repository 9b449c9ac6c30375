import Basics
import Exchange
import NIOCore
import PeerCore

/// What the event loop calls: each entry gives something to the cores, and `settle` does what they then want done.
extension RoostNode {
    /// Takes one datagram of a batch. What it causes waits for the end of the batch: one turn of the loop, in which all
    /// answers leave together.
    func receive(_ datagram: ByteBuffer, from endpoint: Endpoint, by path: ReturnPath) {
        guard phase == .running, datagram.readableBytes <= Limits.datagramSize else { return }
        if sockets?.isAmbiguous(path.socket) == true { returnPaths.note(endpoint, path, now: .now()) }
        cores?.receive(datagram.readableBytesSpan, from: endpoint, now: SystemClock.now())
    }

    /// Does all that the cores want done: lets them talk to each other, sends, commits, tells, and sets the timer.
    func settle() {
        guard cores != nil else { return }
        if cores?.exchange(now: SystemClock.now()) == .unfinished {
            eventLoop.execute { self.assumeIsolated { $0.settle() } }
        }
        sendDatagrams()
        cores?.drainWrites { commits?.submit($0) }
        for notice in cores?.takeNotices() ?? [] { tell(notice) }
        for event in cores?.takeOperatorEvents() ?? [] { lookups.take(event) }
        for trouble in cores?.takeTroubles() ?? [] { logger.warning("\(RoostNode.describe(trouble))") }
        if !isReady, cores?.node.status.isJoined == true {
            isReady = true
            logger.info("The node has joined the network.")
            waiters.wake(.readiness, .news)
        }
        setTimer()
    }

    private func sendDatagrams() {
        guard let sockets, cores?.outbox.datagrams.isEmpty == false else { return }
        func send(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer) {
            sockets.send(bytes, to: endpoint, by: returnPaths[endpoint])
        }
        cores?.outbox.datagrams.forEach(send)
        cores?.outbox.datagrams.removeAll()
    }

    private func tell(_ notice: PeerNotice) {
        switch notice {
        case .accepted(let id): waiters.wake(.message(id), .news)
        case .notAccepted(let id, let reason): waiters.wake(.message(id), .notAccepted(reason: reason))
        case .changed(let message): waiters.wake(.message(message.id), .news)
        case .received: break
        }
        watchers.yield(notice)
    }

    // MARK: Time

    /// Arms the timer for the next deadline. One that is armed for earlier stays: waking for nothing now and then costs
    /// less than arming anew after every batch.
    private func setTimer() {
        guard phase == .running, let next = cores?.nextDeadline else { return }
        let deadline = max(NIODeadline(next), .now() + RoostNode.shortestPause)
        if let timer, timer.deadline <= deadline { return }
        timer?.scheduled.cancel()
        let scheduled = eventLoop.scheduleTask(deadline: deadline) { self.assumeIsolated { $0.wake() } }
        timer = (deadline, scheduled)
    }

    /// So that a deadline that stays in the past can't occupy the loop.
    private static let shortestPause = TimeAmount.milliseconds(1)

    private func wake() {
        timer = nil
        cores?.handleDeadline(now: SystemClock.now())
        settle()
    }

    // MARK: Commits

    /// Commits have ended, in this order.
    func committed(_ reports: [CommitThread.Report]) {
        let now = SystemClock.now()
        for report in reports {
            note(report.result)
            cores?.handleCommit(report, now: now)
        }
        settle()
    }

    /// Tells whoever reads the log, once, that the disk has got worse or better.
    private func note(_ result: CommitResult) {
        guard result != lastCommit else { return }
        lastCommit = result
        switch result {
        case .committed: logger.notice("The disk takes what is written again.")
        case .full: logger.error("The disk is full: new messages and mail are refused until there is space.")
        case .failed: logger.critical("The disk failed: nothing can be kept; check it, and restart the node.")
        }
    }
}
