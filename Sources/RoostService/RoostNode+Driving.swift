import Basics
import NIOCore
import PeerCore
import Station
import Storage

/// What the event loop calls: each entry begins a turn of the station or adds to it, and `finishTurn` ends the turn.
extension RoostNode {
    /// Takes the first `count` datagrams of a batch, which came over a socket. What they cause waits for the last of them: one
    /// turn, in which all answers leave together. Returns whether the node is behind, and the rest should be read at once.
    func receive(_ batch: DatagramBatch, count: Int, over socket: Int) -> Bool {
        guard phase == .running, failure == nil, let sockets else { return false }
        guard backlog.isEmpty, count < batch.capacity || !sockets.isBehind(socket) else {
            for index in 0..<count {
                guard let bytes = batch.bytes(of: index, longest: Limits.datagramSize) else { continue }
                let (sender, own) = batch.addresses(of: index)
                backlog.append(bytes, from: Backlog.Origin(sender: sender, own: own, socket: socket))
            }
            workOffSoon()
            return !backlog.isFullOfOne
        }
        let (now, isAmbiguous) = (SystemClock.now(), sockets.isAmbiguous(socket))
        for index in 0..<count {
            guard let bytes = batch.bytes(of: index, longest: Limits.datagramSize) else { continue }
            let (sender, own) = batch.addresses(of: index)
            if isAmbiguous { departures.recordHeard(sender, by: ReturnPath(socket: socket, source: own)) }
            station?.receive(bytes.bytes, from: sender, now: now, into: &effects)
        }
        finishTurn()
        return false
    }

    // MARK: The backlog

    /// Deals with a part of the backlog once the sockets have been read again: what comes meanwhile has its turn as well.
    private func workOffSoon() {
        guard !worksOffBacklog else { return }
        worksOffBacklog = true
        eventLoop.execute { self.assumeIsolated { $0.workOff() } }
    }

    private func workOff() {
        worksOffBacklog = false
        guard phase == .running, failure == nil, let sockets else { return }
        let begun = SystemClock.now()
        var now = begun
        for _ in 0..<SocketLoop.vectorSize where now.monotonic - begun.monotonic < Limits.backlogPart {
            let isOne = backlog.next { bytes, origin in
                if sockets.isAmbiguous(origin.socket) {
                    departures.recordHeard(origin.sender, by: ReturnPath(socket: origin.socket, source: origin.own))
                }
                station?.receive(bytes, from: origin.sender, now: now, into: &effects)
                let before = now
                now = SystemClock.now()
                return now.monotonic - before.monotonic
            }
            guard isOne else { break }
        }
        finishTurn()
        if !backlog.isEmpty { workOffSoon() }
    }

    /// Takes those that came to the port that probes are sent from.
    func receiveProbes(_ batch: DatagramBatch, count: Int) {
        guard phase == .running, let station else { return }
        let now = SystemClock.now()
        batch.forEach(first: count, longest: Limits.datagramSize) {
            station.receiveProbe($0, from: $1, now: now, into: &effects)
        }
        finishTurn()
    }

    /// Ends a turn: lets the cores talk to each other, sends, commits, tells, and sets the timer.
    func finishTurn() {
        guard let station else { return }
        station.exchange(now: SystemClock.now(), into: &effects) {
            instruments.record($0)
        } flush: { effects in
            if effects.node.datagrams.count >= RoostNode.fewDatagrams { sendDatagrams(of: &effects) }
        }
        release(from: station)
        watchJoining()
        tellReports()
        watchTraffic()
        watchStore()
        watchFarewell()
        setTimer()
    }

    /// Sends, commits and tells what there is by now.
    private func release(from station: Station) {
        sendDatagrams()
        commits?.submit(station.takeWrites())
        tellNews()
    }

    /// Wakes callers that wait for the node to be ready, and logs that it has joined. The first node of a network has
    /// joined no one until another node comes.
    private func watchJoining() {
        guard !hasToldJoining, let status = station?.node.status, status.isJoined else { return }
        if !isReady {
            isReady = true
            waiters.wake(.readiness, .news)
        }
        guard status.contacts > 0 else { return }
        hasToldJoining = true
        logger.notice("The node has joined the network", metadata: ["contacts": "\(status.contacts)"])
    }

    /// From so many on, datagrams don't wait for the end of the turn. They are mostly the handshakes of a search: each costs a quarter of a
    /// millisecond, and others can work on the first while the next are made.
    private static let fewDatagrams = 4

    private func sendDatagrams(of effects: inout Station.Effects) {
        guard let sockets else { return }
        let now = SystemClock.now().monotonic
        effects.node.sendDatagrams { departures.send($0, by: sockets, now: now) }
    }

    private func sendDatagrams() {
        let now = SystemClock.now().monotonic
        sendDatagrams(of: &effects)
        if let probeSockets {
            effects.node.drainProbes { departures.sendProbe($1, over: $0, by: probeSockets, now: now) }
        }
        departures.drainRefusals { instruments.recordRefused($1, because: $0) }
        if departures.takeNews() != nil { noticeNetwork() }
    }

    /// Delivers what the person and operators wait for.
    private func tellNews() {
        // Emptied first: a recipient may act on its notice at once.
        let (notices, answers) = (effects.person.notices, effects.answers)
        (effects.person.notices, effects.answers) = ([], [])
        for notice in notices { tell(notice) }
        for event in answers { lookups.take(event) }
    }

    private func tell(_ notice: PeerNotice) {
        switch notice {
        case .accepted(let id): waiters.wake(.message(id), .news)
        case .notAccepted(let id, let reason): waiters.wake(.message(id), .failed(reason: reason))
        case .changed(let message): waiters.wake(.message(message.id), .news)
        case .received, .conversationChanged, .draftChanged: break
        }
        watchers.yield(notice)
    }

    // MARK: Time

    /// Arms the timer for the next deadline. A timer that is armed for an earlier time stays: an occasional wake-up for
    /// nothing costs less than arming it again after every batch.
    private func setTimer() {
        guard phase == .running, let next = station?.nextDeadline else { return }
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
        station?.handleDeadline(now: SystemClock.now(), into: &effects)
        finishTurn()
    }

    // MARK: Commits

    /// Commits have ended, in this order.
    ///
    /// Where that is news for somebody, the turn ends a moment later. Whoever hears the news asks the node for the message, and is so
    /// answered before the node turns to the receipt, whose handshakes take milliseconds.
    func committed(_ reports: [CommitReport]) {
        let now = SystemClock.now()
        for report in reports {
            lastCommit = report.result
            station?.handleCommit(report, now: now, into: &effects)
            if report.owner == .person { waiters.wake(.writes, RoostNode.wake(after: report.result)) }
        }
        guard phase == .running, !effects.person.notices.isEmpty, let station else { return finishTurn() }
        release(from: station)
        eventLoop.scheduleTask(in: RoostNode.headStart) { self.assumeIsolated { $0.finishTurn() } }
    }

    /// Long enough for another thread to wake up and ask.
    private static let headStart = TimeAmount.microseconds(250)

    /// What a caller that waits for its own writes is told: when a commit fails, all that was written since fails with
    /// it.
    private static func wake(after result: CommitResult) -> Waiters.Wake {
        switch result {
        case .committed: .news
        case .full: .failed(reason: "The disk is full, and nothing was changed; make room and try again.")
        case .failed: .failed(reason: "The disk failed, and nothing was changed; check it and try again.")
        }
    }

    /// Counts damage found in the store, and signals when the node can't go on.
    private func watchStore() {
        if health.damagedReads > knownDamage {
            let damagedReads = health.damagedReads
            instruments.gauges.recordDamagedReads(damagedReads - knownDamage)
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

    /// Passes both cores' counters to the metrics. Notices silence, and logs once when many datagrams are dropped and
    /// once when that has ended.
    private func watchTraffic() {
        let (sent, received) = (effects.node.traffic.total, effects.node.activity.received.total)
        traffic.sentDatagrams += sent.datagrams
        traffic.sentBytes += sent.bytes
        traffic.receivedDatagrams += received.datagrams
        traffic.receivedBytes += received.bytes
        instruments.drain(&effects.person)
        let dropped = instruments.drain(&effects.node)
        let now = SystemClock.now().monotonic
        silence.observe(sent: sent.datagrams, received: max(0, received.datagrams - dropped), now: now)
        let crowdedOut = backlog.drainDropped()
        if crowdedOut > 0 { instruments.recordCrowdedOut(crowdedOut) }
        switch drops.record(dropped + crowdedOut, now: now) {
        case .many:
            logger.warning(
                "Many datagrams are dropped, as noise, as repetitions or beyond the limits: the metrics say which")
        case .over: logger.notice("Hardly any datagrams are dropped any more")
        case nil: break
        }
    }

    /// Returns why the node can't go on, as soon as it can't; nil when it is stopped before.
    public func waitForFailure() async -> ServiceError? {
        while true {
            let place = waiters.enter(for: .failure)
            guard failure == nil else {
                waiters.leave(place)
                return failure
            }
            switch await news(at: place, until: nil) {
            case .cancelled, .stopped: return failure
            case .news, .failed, .deadline: continue
            }
        }
    }
}
