/// The daemon's figures in Prometheus's text format, version 0.0.4.
public enum Metrics {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    public static func text(_ status: StatusReport) -> String {
        let gauges: [(name: String, help: String, value: Int)] = [
            ("roost_ready", "1 when the node has joined.", status.state == .ready ? 1 : 0),
            ("roost_contacts", "Nodes in the routing table.", status.contacts),
            ("roost_mailboxes", "Mailboxes kept for others.", status.mailboxes),
            ("roost_envelopes", "Envelopes kept for others.", status.envelopes),
            ("roost_envelope_bytes", "Bytes of envelopes kept for others.", status.bytes),
            ("roost_outbox_messages", "Own messages that are under way.", status.outbox),
            ("roost_disk_full", "1 when the disk takes nothing new.", status.disk == .full ? 1 : 0),
            ("roost_damaged_reads", "Times that something in the store was found damaged.", status.damagedReads),
            ("roost_uptime_seconds", "Seconds since the daemon started.", status.uptimeSeconds),
        ]
        return gauges.map { "# HELP \($0.name) \($0.help)\n# TYPE \($0.name) gauge\n\($0.name) \($0.value)\n" }.joined()
    }
}
