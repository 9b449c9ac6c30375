import Basics
import Logging
import NIOCore

/// What is wrong: looked for every second, and whenever somebody asks.
extension RoostNode {
    /// How often is looked for problems that nothing else shows: so soon they are told.
    private static let pause = TimeAmount.seconds(1)

    /// Begins to look, until the node stops.
    func watchForProblems() {
        watchRounds = eventLoop.scheduleRepeatedTask(initialDelay: RoostNode.pause, delay: RoostNode.pause) { _ in
            self.assumeIsolated { node in _ = node.lookForProblems() }
        }
    }

    /// What is wrong now, the worst first. The log is told of what is new.
    func lookForProblems() -> [Problem] {
        guard phase == .running, let facts = problemFacts() else { return problems.problems }
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

    private func problemFacts() -> ProblemFacts? {
        guard let cores else { return nil }
        let (now, node) = (SystemClock.now(), cores.node.status)
        var facts = ProblemFacts()
        facts.directory = directory.path
        facts.isDiskFull = health.isFull
        facts.damagedReads = health.damagedReads
        facts.clock = node.clock
        facts.isJoined = node.isJoined
        facts.contacts = node.contacts
        facts.seeking = node.seekingSince.map { now.monotonic - $0 }
        facts.hasSomebodyToAsk = node.hasSomebodyToAsk
        facts.hasBootstrap = hasBootstrap
        facts.unresolvedNames = node.seekingSince == nil ? [] : unresolvedNames
        facts.strangers = node.seekingSince == nil ? [] : node.strangersAtBootstraps
        facts.silence = silence.silence(now: now.monotonic)
        facts.isReachable = node.isReachable
        facts.port = endpoints.first?.port
        facts.isFlooded = flood.observe(
            displaced: node.displaced.records + node.displaced.tombstones, refused: node.refusedForWork,
            now: now.monotonic)
        facts.isNodeFull = node.isFull
        facts.queued = cores.agent.pendingCount(in: .queued)
        facts.oldestQueued = cores.agent.oldestQueued.map { .seconds(max(0, now.utc.seconds(since: $0))) }
        facts.isInboxFull = cores.agent.inboxMessages >= Limits.inboxMessages
        facts.unopenedEnvelopes = cores.agent.unopened?.count ?? 0
        facts.hasSecondCopy = cores.agent.secondCopySighting != nil
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
