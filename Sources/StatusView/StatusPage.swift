import ControlAPI
import Cryptography

/// How the daemon is doing, on a page: what is wrong first.
public struct StatusPage {
    private let report: StatusReport
    private let columns: Int

    /// What names the lines takes so much.
    static let margin = 10

    public init(_ report: StatusReport, columns: Int = 80) {
        self.report = report
        self.columns = max(columns, 40)
    }

    public var lines: [Line] {
        var lines = [StatusPage.head(report), Line()]
        let problems = StatusPage.list(report.warnings.map(\.sentences), columns: columns)
        if !problems.isEmpty { lines += problems + [Line()] }
        lines += row("id", report.id.text) + row("node", report.node.hex)
        lines += row("listens", report.endpoints.map(\.description).joined(separator: ", "))
        lines += row("reached", StatusPage.place(report))
        if let mapping = StatusPage.mapping(report) { lines += row("router", mapping) }
        if report.power == .low { lines += row("power", "low: mail can come some minutes later") }
        lines += row("network", StatusPage.network(report))
        lines += row("keeps", StatusPage.keeps(report))
        lines += row("outbox", StatusPage.outbox(report))
        if report.readReceipts == false { lines += row("reading", "is not told to others, nor theirs to you") }
        if let traffic = report.traffic { lines += row("traffic", StatusPage.traffic(traffic)) }
        return lines
    }

    private func row(_ name: String, _ value: String) -> [Line] {
        StatusPage.row(name, value, columns: columns)
    }

    // MARK: Parts

    static func head(_ report: StatusReport) -> Line {
        Line("roost \(report.version)", .strong).adding(" · ")
            .adding(report.state.rawValue, report.state == .ready ? .good : .bad)
            .adding(" · up \(Amount.time(seconds: report.uptimeSeconds))")
    }

    static func list(_ problems: [String], columns: Int) -> [Line] {
        problems.flatMap { problem in
            Line.wrap(problem, columns: columns - 2).enumerated().map { index, text in
                Line(index == 0 ? "! " : "  ", .bad).adding(text, .bad)
            }
        }
    }

    static func row(_ name: String, _ value: String, columns: Int) -> [Line] {
        Line.wrap(value, columns: columns - margin).enumerated().map { index, text in
            Line(padded(index == 0 ? name : "", to: margin), .faint).adding(text)
        }
    }

    static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    // MARK: Words

    static func place(_ report: StatusReport) -> String {
        let external = report.external.map(\.description).joined(separator: ", ")
        return switch report.reachable {
        case true?: external.isEmpty ? "yes" : external
        case false?: "not directly; \(announcing(report))"
        case nil: external.isEmpty ? "not known yet" : "\(external), as others see it; not confirmed yet"
        }
    }

    /// Nil where there is nothing to say about the router.
    static func mapping(_ report: StatusReport) -> String? {
        guard let mapping = report.portMapping else { return nil }
        switch mapping.state {
        case .off, .noRouter, .unneeded: return nil
        case .asking, .open, .behindAnother, .refused, .silent, .faulty:
            let message = mapping.message.hasSuffix(".") ? String(mapping.message.dropLast()) : mapping.message
            return message.prefix(1).lowercased() + message.dropFirst()
        }
    }

    private static func announcing(_ report: StatusReport) -> String {
        guard let announcers = report.announcers, announcers > 0 else {
            let time = report.power == .low ? "five minutes" : "half a minute"
            return "mail comes when the mailbox is looked into, within \(time)"
        }
        return "\(Amount.plural(announcers, "node")) \(announcers == 1 ? "tells" : "tell") it at once of new mail"
    }

    static func network(_ report: StatusReport) -> String {
        let all = report.networkSize.map { " of about \(Amount.plural($0, "node"))" } ?? ""
        return Amount.plural(report.contacts, "contact") + all
    }

    static func keeps(_ report: StatusReport) -> String {
        "\(Amount.plural(report.envelopes, "envelope")) in \(Amount.plural(report.mailboxes, "mailbox", "mailboxes")) of others, "
            + Amount.bytes(report.bytes)
    }

    static func outbox(_ report: StatusReport) -> String {
        guard report.outbox > 0 else { return "nothing under way" }
        let states = report.outboxByState.map {
            [($0.queued, "queued"), ($0.stored, "stored"), ($0.collected, "collected")]
        }
        let parts = (states ?? []).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return "\(Amount.plural(report.outbox, "message")) under way"
            + (parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))")
    }

    static func traffic(_ traffic: TrafficReport) -> String {
        "\(Amount.bytes(traffic.receivedBytes)) in \(Amount.plural(traffic.receivedDatagrams, "datagram")) received, "
            + "\(Amount.bytes(traffic.sentBytes)) in \(traffic.sentDatagrams) sent"
    }
}
