import Basics
import Exchange
import Wire

/// The outcome of something that took several requests, for a log in which the reason of a delay is looked for. It
/// contains no identities.
public struct OperationReport: Sendable {
    public let operation: Activity.Operation
    public let outcome: Activity.OperationOutcome
    /// The command that it answered; nil for the node's own upkeep.
    public let command: CommandID?
    public let duration: Duration
    /// The closest nodes that its search found, and the requests that this sent; nil where it had none.
    public let search: (found: Int, requests: Int)?
    /// How the nodes that were asked to keep, give or take something responded.
    public let attempts: AttemptCounts

    init(
        _ operation: Activity.Operation, _ outcome: Activity.OperationOutcome, command: CommandID?, duration: Duration,
        search: (found: Int, requests: Int)?, attempts: AttemptCounts
    ) {
        self.operation = operation
        self.outcome = outcome
        self.command = command
        self.duration = duration
        self.search = search
        self.attempts = attempts
    }
}

/// How many nodes did what they were asked to.
public struct AttemptCounts: Sendable {
    public private(set) var done = 0
    /// They didn't answer.
    public private(set) var failed = 0
    /// They were not waited for.
    public private(set) var unfinished = 0
    /// They refused, by reason, in the order of the reasons' numbers.
    public private(set) var refused: [(reason: RefusalReason, count: Int)] = []

    init(_ states: [AttemptState]) {
        var refusals: [RefusalReason] = []
        for state in states {
            switch state {
            case .done: done += 1
            case .failed: failed += 1
            case .busy: unfinished += 1
            case .refused(let reason): refusals.append(reason)
            }
        }
        refused = RefusalReason.allCases.compactMap { reason in
            let count = refusals.count { $0 == reason }
            return count > 0 ? (reason, count) : nil
        }
    }
}

/// Something that a node reports for finding the reason of a delay.
public enum NodeReport: Sendable {
    case ended(OperationReport)
    /// The node has asked so many nodes through which it could join; the number of attempts since it last knew another
    /// node.
    case bootstrapAttempt(Int, asked: Int)
}

/// The latest reports, for a driver that wants them: without, none are made.
public struct NodeReports: Sendable {
    /// Whether reports are made.
    public var isWanted = false
    private var waiting: [NodeReport] = []

    /// Beyond, the newer are dropped: a driver takes them after every call.
    private static let maximum = 256

    mutating func add(_ report: @autoclosure () -> NodeReport) {
        if isWanted, waiting.count < NodeReports.maximum { waiting.append(report()) }
    }

    /// The reports since the last call.
    public mutating func take() -> [NodeReport] {
        guard !waiting.isEmpty else { return [] }
        defer { waiting = [] }
        return waiting
    }
}
