import CoreMetrics
import NIOCore
import NodeCore
import Reports

/// How a node and its person stand, when last looked.
final class Gauges: Sendable {
    private let ready, uptime, reachable, clock, announcers, contacts, network, sessions: Gauge
    private let mailboxes, envelopes, bytes, diskFull: Gauge
    /// One for each state in which a message is under way.
    private let outbox: [(state: MessageState, gauge: Gauge)]
    /// One for each thing that can be wrong.
    private let problems: [(code: Problem.Code, gauge: Gauge)]
    /// One for each way in which it can stand with the router's mapping.
    private let mappings: [(state: PortMappingReport.State, gauge: Gauge)]
    private let damagedReads: Counter

    init(_ factory: any MetricsFactory) {
        func gauge(_ name: String, _ labels: [(String, String)] = []) -> Gauge {
            Gauge(label: name, dimensions: labels, factory: factory)
        }
        ready = gauge("roost_ready")
        uptime = gauge("roost_uptime_seconds")
        reachable = gauge("roost_reachable")
        clock = gauge("roost_clock_confirmed")
        announcers = gauge("roost_announcers")
        contacts = gauge("roost_contacts")
        network = gauge("roost_network_nodes")
        sessions = gauge("roost_sessions")
        mailboxes = gauge("roost_mailboxes")
        envelopes = gauge("roost_envelopes")
        bytes = gauge("roost_envelope_bytes")
        diskFull = gauge("roost_disk_full")
        outbox = MessageState.allCases.filter(\.isUnderWay).map { state in
            (state, gauge("roost_outbox_messages", [("state", state.name)]))
        }
        problems = Problem.Code.allCases.map { ($0, gauge("roost_problem", [("code", $0.rawValue)])) }
        mappings = PortMappingReport.State.allCases.map {
            ($0, gauge("roost_port_mapping", [("state", $0.rawValue)]))
        }
        damagedReads = Counter(label: "roost_damaged_reads_total", factory: factory)
    }

    func show(_ report: StatusReport) {
        ready.record(report.state == .ready ? 1 : 0)
        reachable.record(report.reachable == true ? 1 : 0)
        announcers.record(report.announcers ?? 0)
        contacts.record(report.contacts)
        network.record(report.networkSize ?? 0)
        mailboxes.record(report.mailboxes)
        envelopes.record(report.envelopes)
        bytes.record(report.bytes)
        diskFull.record(report.disk == .full ? 1 : 0)
        for (state, gauge) in outbox { gauge.record(report.outboxByState?[state] ?? 0) }
        for (state, gauge) in mappings { gauge.record(report.portMapping?.state == state ? 1 : 0) }
        for (code, gauge) in problems { gauge.record(report.warnings.contains { $0.code == code.rawValue } ? 1 : 0) }
    }

    /// What only metrics have.
    func show(_ node: NodeStatus, uptime: TimeAmount) {
        self.uptime.record(Double(uptime.nanoseconds / 1_000_000) / 1_000)
        clock.record(node.clock.isConfirmed ? 1 : 0)
        sessions.record(node.sessions)
    }

    func recordDamagedReads(_ count: Int) { damagedReads.increment(by: count) }
}
