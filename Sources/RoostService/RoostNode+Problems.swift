import Basics
import LMDBStore
import Logging
import NIOCore

/// Problems: looked for every second, and on request.
extension RoostNode {
    /// How often problems are looked for that nothing else reveals: they are reported within this time.
    private static let pause = TimeAmount.seconds(1)
    /// How many times problems are looked for between two looks at the files, which take longer and seldom go.
    private static let roundsBetweenFiles = 5

    /// Begins to look, until the node stops.
    func watchForProblems() {
        watchRounds = eventLoop.scheduleRepeatedTask(initialDelay: RoostNode.pause, delay: RoostNode.pause) { _ in
            self.assumeIsolated { $0.lookAround() }
        }
    }

    private func lookAround() {
        guard phase == .running else { return }
        lookAtDirectory()
        station?.observeTime(now: SystemClock.now(), into: &effects)
        finishTurn()
        considerMapping()
        considerDiscovery()
        _ = lookForProblems()
    }

    /// Checks now and then that everything is in its place on the disk, on a thread that may block. The next round reports
    /// the result.
    private func lookAtDirectory() {
        guard let rounds = roundsSinceFiles, let commits, let writer else { return }
        guard rounds >= RoostNode.roundsBetweenFiles else {
            roundsSinceFiles = rounds + 1
            return
        }
        roundsSinceFiles = nil
        commits.flush { [directory, lock] in
            if writer.checkPlace() { lock?.renew(in: directory) }
            let (missing, open) = (directory.missingKeys(), directory.keysLeftOpen())
            self.eventLoop.execute {
                self.assumeIsolated { node in
                    node.roundsSinceFiles = 0
                    (node.missingKeys, node.keysLeftOpen) = (missing, open)
                }
            }
        }
    }

    /// What is wrong now, the worst first. New problems are logged.
    func lookForProblems() -> [Problem] {
        guard phase == .running, var facts = problemFacts() else { return problems.problems }
        facts.refusal = refusals.observe(departures.health, now: SystemClock.now().monotonic)
        for change in problems.update(facts, now: SystemClock.now().monotonic) {
            switch change {
            case .appeared(let problem):
                logger.log(
                    level: problem.code.severity.logLevel, "\(problem.message) \(problem.advice)",
                    metadata: ["problem": "\(problem.code.rawValue)"])
            case .over(let code):
                logger.notice("\(code.relief)", metadata: ["problem": "\(code.rawValue)"])
            }
        }
        return problems.problems
    }

    private var beginning: Beginning {
        var beginning = Beginning()
        beginning.own = networkWatch.ownEndpoints ?? endpoints.filter { !$0.isUnspecified }
        if case .opened(let endpoint, _) = mapping.mapper.standing { beginning.mapped = endpoint }
        beginning.isFoundNearby = !discovery.links.isEmpty
        return beginning
    }

    private func problemFacts() -> ProblemFacts? {
        guard let station, let agent = station.agent else { return nil }
        let (now, node) = (SystemClock.now(), station.node.status)
        var facts = ProblemFacts()
        facts.directory = directory.path
        facts.isDiskFull = health.isFull
        facts.isDiskNearlyFull = health.isNearlyFull
        facts.damagedReads = health.damagedReads
        (facts.missingKeys, facts.keysLeftOpen) = (missingKeys, keysLeftOpen)
        facts.clock = node.clock
        facts.lostEndpoint = networkWatch.lostEndpoint
        facts.isJoined = node.isJoined
        facts.contacts = node.contacts
        facts.seeking = node.seekingSince.map { now.monotonic - $0 }
        facts.hasNodesToAsk = node.hasNodesToAsk
        facts.hasBootstrap = hasBootstrap
        facts.beginning = beginning
        facts.unresolvedNames = node.seekingSince == nil ? [] : unresolvedNames
        facts.strangers = node.seekingSince == nil ? [] : node.strangersAtBootstraps
        facts.silence = silence.silence(now: now.monotonic)
        facts.losesLargeDatagrams = node.losesLargeDatagrams
        facts.isReachable = node.isReachable
        facts.port = endpoints.first?.port
        facts.isFlooded = flood.observe(
            displaced: node.displaced.records + node.displaced.tombstones, refused: node.refusedForWork,
            now: now.monotonic)
        facts.isNodeFull = node.isFull
        facts.queued = agent.pendingCount(in: .queued)
        facts.oldestQueued = agent.oldestQueued.map { .seconds(max(0, now.utc.seconds(since: $0))) }
        facts.isInboxFull = agent.inboxMessages >= Limits.inboxMessages
        facts.unopenedEnvelopes = agent.unopened?.count ?? 0
        facts.goesOnFromCopy = agent.goesOnFromCopy
        facts.hasSecondCopy = agent.secondCopySighting != nil
        return facts
    }
}

extension Problem.Code.Severity {
    fileprivate var logLevel: Logger.Level {
        switch self {
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}
