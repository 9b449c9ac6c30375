import Basics
import Logging
import NodeCore
import PeerCore

/// What happens on the way, told at debug level: why a message is still queued. Neither people nor nodes are named; messages by
/// their number in the outbox, commands by theirs.
extension RoostNode {
    /// Tells what both cores report since the last call.
    func tellReports() {
        guard logger.logLevel <= .debug, let station else { return }
        for report in effects.node.reports.take() { tell(report) }
        for step in station.takeSteps() { tell(step) }
    }

    private func tell(_ report: NodeReport) {
        switch report {
        case .bootstrapAttempt(let number, let asked):
            logger.debug(
                "Asks nodes through which this one could join", metadata: ["attempt": "\(number)", "nodes": "\(asked)"])
        case .ended(let report):
            var metadata: Logger.Metadata = ["took": "\(report.duration.inSeconds)"]
            if let command = report.command?.serial { metadata["command"] = "\(command)" }
            if let search = report.search {
                metadata["found"] = "\(search.found)"
                metadata["requests"] = "\(search.requests)"
            }
            let attempts = report.attempts
            if attempts.done + attempts.failed + attempts.unfinished > 0 || !attempts.refused.isEmpty {
                metadata["done"] = "\(attempts.done)"
                metadata["unanswered"] = "\(attempts.failed)"
                if attempts.unfinished > 0 { metadata["unfinished"] = "\(attempts.unfinished)" }
                for (reason, count) in attempts.refused { metadata["refused, \(reason)"] = "\(count)" }
            }
            logger.log(
                level: report.operation.isUpkeep ? .trace : .debug, "\(report.operation) \(report.outcome)",
                metadata: metadata)
        }
    }

    private func tell(_ step: DeliveryStep) {
        let subject = step.message.map { "Message \($0)" } ?? "Own record"
        switch step.kind {
        case .looksForRecord: logger.debug("\(subject): looks for the recipient's record")
        case .foundRecord(let contacts):
            logger.debug("\(subject): the recipient's record is there", metadata: ["places": "\(contacts)"])
        case .foundNoRecord(let answered):
            logger.debug("\(subject): no record of the recipient's", metadata: ["answered": "\(answered)"])
        case .triesDirectly(let command):
            logger.debug("\(subject): goes straight to the recipient", metadata: ["command": "\(command.number)"])
        case .triedDirectly(let outcome):
            logger.debug("\(subject): straight to the recipient", metadata: ["outcome": "\(outcome)"])
        case .deposits(let command):
            logger.debug("\(subject): goes to the mailbox's buddies", metadata: ["command": "\(command.number)"])
        case .reachedQuorum(let tally):
            logger.debug("\(subject): kept by \(tally.done) of \(tally.found) buddies so far")
        case .deposited(let tally, let isCollected):
            logger.debug(
                "\(subject): kept by \(tally.done) of \(tally.found) buddies\(isCollected ? ", collected" : "")")
        case .rests(let duration, let reason):
            logger.debug(
                "\(subject): rests\(reason.map { ", as: \($0)" } ?? "")", metadata: ["for": "\(duration.inSeconds)"])
        case .published(let tally): logger.debug("\(subject): kept by \(tally.done) of \(tally.found) nodes")
        case .publicationWaits: logger.debug("\(subject): waits for the clock")
        }
    }
}

extension Activity.Operation {
    /// Whether it is of use to the node's routing and records alone, and happens all the time.
    fileprivate var isUpkeep: Bool {
        switch self {
        case .refresh, .handOver, .repair, .audit, .confirmation, .announcement, .renewal, .passage: true
        case .lookup, .join, .deposit, .publication, .delivery, .recordFetch, .collection, .discard, .offering: false
        }
    }
}

extension Duration {
    fileprivate var inSeconds: String {
        let (seconds, attoseconds) = components
        return "\(seconds).\(String(1_000 + attoseconds / 1_000_000_000_000_000).dropFirst()) s"
    }
}
