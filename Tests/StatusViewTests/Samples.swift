import Basics
import ControlAPI
import Foundation

/// Reports made up.
enum Samples {
    /// All is well, and nobody knows more than that.
    static var calm: StatusReport {
        let node = Bytes32([UInt8](repeating: 0xab, count: 32))
        var report = StatusReport(id: PeerID(.zero), node: NodeID(node ?? .zero))
        report.state = .ready
        report.version = "1.2.3"
        report.endpoints = ["0.0.0.0:7337", "[::]:7337"].compactMap { Endpoint($0) }
        report.external = ["192.0.2.7:7337"].compactMap { Endpoint($0) }
        report.reachable = true
        (report.contacts, report.networkSize) = (42, 57)
        (report.mailboxes, report.envelopes, report.bytes) = (5, 12, 46_080)
        report.uptimeSeconds = 11_520
        return report
    }

    /// Much is wrong at once.
    static var troubled: StatusReport {
        var report = calm
        report.state = .joining
        (report.contacts, report.networkSize, report.external, report.reachable) = (0, nil, [], false)
        report.warnings = [
            WarningReport(
                code: "disk", message: "The disk is full: new messages and mail are refused until there is space.",
                advice: "Free some space."),
            WarningReport(code: "made-up", message: "Something else is wrong.", advice: "Mend it."),
        ]
        report.outbox = 7
        report.outboxByState = OutboxReport(queued: 3, stored: 4, collected: 0)
        report.oldestQueuedSeconds = 720
        report.traffic = TrafficReport(
            receivedBytes: 1_234_567, receivedDatagrams: 3_421, sentBytes: 900, sentDatagrams: 1)
        return report
    }

    static func traffic(_ bytes: Int) -> TrafficReport {
        TrafficReport(
            receivedBytes: bytes, receivedDatagrams: bytes / 100, sentBytes: bytes / 2, sentDatagrams: bytes / 100)
    }

    static let noon = Date(timeIntervalSince1970: 1_700_049_600)
    /// A time of day in UTC, whatever the machine's zone.
    static func utc(_ date: Date) -> String {
        let seconds = Int(date.timeIntervalSince1970) % 86_400
        return [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { ($0 < 10 ? "0" : "") + "\($0)" }
            .joined(separator: ":")
    }
}
