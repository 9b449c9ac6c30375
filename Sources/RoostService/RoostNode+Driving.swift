import Basics
import Exchange
import NIOCore
import PeerCore

/// What the event loop calls: each entry gives something to the cores, and `settle` does what they then want done.
extension RoostNode {
    /// Takes one datagram of a batch. What it causes waits for the end of the batch: one turn of the loop, in which all
    /// answers leave together.
    func receive(_ datagram: ByteBuffer, from endpoint: Endpoint, by path: ReturnPath) {
        guard phase == .running, failure == nil, datagram.readableBytes <= Limits.datagramSize else { return }
        if sockets?.isAmbiguous(path.socket) == true { departures.noteHeard(endpoint, by: path) }
        cores?.receive(datagram.readableBytesSpan, from: endpoint, now: SystemClock.now())
    }

    /// Takes one datagram that came to the port that probes are sent from.
    func receiveProbe(_ datagram: ByteBuffer, from endpoint: Endpoint) {
        guard phase == .running, datagram.readableBytes <= Limits.datagramSize else { return }
        cores?.node.handleProbeDatagram(datagram.readableBytesSpan, from: endpoint)
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
        watchJoining()
        tellReports()
        if let passage = cores?.drainActivity() { watch(passage) }
        watchStore()
        watchFarewell()
        setTimer()
    }

    /// Tells who waits for it that the node is ready, and the log that it has joined: the first of a network has joined
    /// nobody until another comes.
    private func watchJoining() {
        guard !hasToldJoining, let status = cores?.node.status, status.isJoined else { return }
        if !isReady {
            isReady = true
            waiters.wake(.readiness, .news)
        }
        guard status.contacts > 0 else { return }
        hasToldJoining = true
        logger.notice("The node has joined the network", metadata: ["contacts": "\(status.contacts)"])
    }

    private func sendDatagrams() {
        let now = SystemClock.now().monotonic
        if let sockets { cores?.sendDatagrams(by: &departures, over: sockets, now: now) }
        if let probeSockets { cores?.sendProbes(by: &departures, over: probeSockets, now: now) }
        departures.drainRefusals { instruments.noteRefused($1, because: $0) }
        if departures.takeNews() != nil { noticeNetwork() }
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
            lastCommit = report.result
            cores?.handleCommit(report, now: now)
        }
        settle()
    }

    /// Counts what is found damaged in the store, and tells whoever runs the node when it can't go on.
    private func watchStore() {
        if health.damagedReads > knownDamage {
            let damagedReads = health.damagedReads
            instruments.gauges.noteDamagedReads(damagedReads - knownDamage)
            knownDamage = damagedReads
        }
        guard health.isBroken, failure == nil else { return }
        let error = ServiceError(
            .diskFailed,
            health.isGone
                ? """
                The data directory \(directory.path), or the store in it, was moved, removed or replaced while the node ran. The \
                node ends, and has accepted nothing since: put the directory back, or restore a backup, and start again.
                """
                : "The disk that holds \(directory.path) failed, and the node ends: check the disk, and start again.")
        logger.critical("\(error.sentence)")
        failure = error
        waiters.wake(.failure, .news)
    }

    /// Notices silence, and tells, once, that many datagrams are dropped or no longer are.
    private func watch(_ passage: Cores.Passage) {
        let now = SystemClock.now().monotonic
        silence.observe(sent: passage.sent, received: max(0, passage.received - passage.dropped), now: now)
        switch drops.note(passage.dropped, now: now) {
        case .many:
            logger.warning(
                "Many datagrams are dropped, as noise, as repetitions or beyond the limits: the metrics say which")
        case .over: logger.notice("Hardly any datagrams are dropped any more")
        case nil: break
        }
    }

    /// Returns why the node can't go on, as soon as it can't; nil when it is stopped before.
    public func waitForFailure() async -> ServiceError? {
        while failure == nil {
            switch await news(of: .failure, until: nil) {
            case .cancelled, .stopped: return failure
            case .news, .notAccepted, .deadline: continue
            }
        }
        return failure
    }
}
