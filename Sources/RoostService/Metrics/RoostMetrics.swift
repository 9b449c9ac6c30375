import Prometheus

/// Every metric there is: what it is called, what it means, and the bounds of its histogram. `docs/metrics.md` shows them.
public enum RoostMetrics {
    /// In the order of the documentation.
    public static let table: [MetricDescription] = node + network + requests + keeping + person + store + program

    private static let node: [MetricDescription] = [
        MetricDescription("roost_ready", .gauge, "1 when the node has found its network, or is the first of it."),
        MetricDescription("roost_uptime_seconds", .gauge, "How long the node has run."),
        MetricDescription("roost_reachable", .gauge, "1 when third nodes reach this node; 0 when not, or not known."),
        MetricDescription(
            "roost_port_mapping", .gauge, labels: ["state"],
            "1 for how it stands with the port that the router is asked to open."),
        MetricDescription(
            "roost_clock_confirmed", .gauge, "1 when others have about the same civil time as this machine."),
        MetricDescription(
            "roost_problem", .gauge, labels: ["code"], "1 while this is wrong; `roost status` says what to do about it."
        ),
        MetricDescription("roost_announcers", .gauge, "Nodes that announce what comes into the person's mailbox."),
        MetricDescription("roost_contacts", .gauge, "Nodes in the routing table."),
        MetricDescription(
            "roost_network_nodes", .gauge, "Nodes that the network has, by an estimate; 0 while unknown."),
        MetricDescription("roost_sessions", .gauge, "Encrypted sessions with other nodes and clients."),
    ]

    private static let network: [MetricDescription] = [
        MetricDescription("roost_datagrams_sent_total", .counter, labels: ["kind"], "Datagrams sent, by what for."),
        MetricDescription(
            "roost_sent_bytes_total", .counter, labels: ["kind"], "Bytes of datagrams sent, by what for."),
        MetricDescription(
            "roost_datagrams_refused_total", .counter, labels: ["reason"],
            "Datagrams that this machine's system didn't send, which don't count as sent."),
        MetricDescription(
            "roost_datagrams_received_total", .counter, labels: ["kind"], "Datagrams received, by what for."),
        MetricDescription(
            "roost_received_bytes_total", .counter, labels: ["kind"], "Bytes of datagrams received, by what for."),
        MetricDescription(
            "roost_datagrams_dropped_total", .counter, labels: ["reason"],
            """
            Datagrams that came and led to nothing; overflowed: dropped by the system, as the node had not read those before; crowded_out: \
            dropped by the node, as it was behind and their senders had sent more than others.
            """
        ),
        MetricDescription(
            "roost_handshakes_total", .counter, labels: ["outcome"],
            "Session handshakes: own that were completed or stayed unanswered, and others' that were accepted."),
        MetricDescription(
            "roost_session_paths_total", .counter, labels: ["outcome"],
            "Sessions seen over another path than their own: followed there, stayed as their own path answered, unproven there, or returned after they were followed."
        ),
    ]

    private static let requests: [MetricDescription] = [
        MetricDescription(
            "roost_rpcs_total", .counter, labels: ["kind", "outcome"], "This node's own requests that are over."),
        MetricDescription(
            "roost_rpc_duration_seconds", .histogram(shortTimes), labels: ["kind"],
            "Time from the first sending of a request to its answer, repetitions included."),
        MetricDescription(
            "roost_requests_served_total", .counter, labels: ["kind"], "Others' requests that were answered."),
        MetricDescription(
            "roost_requests_refused_total", .counter, labels: ["reason"], "Others' requests that were refused."),
        MetricDescription(
            "roost_lookup_duration_seconds", .histogram(shortTimes), "Time that finding the closest nodes took."),
        MetricDescription(
            "roost_lookup_rounds", .histogram([1, 2, 3, 4, 5, 6, 8, 10, 15]),
            "Times that an answer brought a search closer."),
        MetricDescription(
            "roost_lookup_requests", .histogram([1, 2, 5, 10, 20, 30, 50, 100]), "Requests that a search sent."),
        MetricDescription(
            "roost_operations_total", .counter, labels: ["kind", "outcome"],
            "What a node does over one or several requests, and is over; hand_over brings records to those that lack them, repair evens out what two nodes keep."
        ),
        MetricDescription(
            "roost_operation_duration_seconds", .histogram([0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]),
            labels: ["kind"], "Time that operations took which finished."),
    ]

    private static let keeping: [MetricDescription] = [
        MetricDescription("roost_mailboxes", .gauge, "Mailboxes of others in which something waits here."),
        MetricDescription("roost_envelopes", .gauge, "Envelopes kept for others."),
        MetricDescription("roost_envelope_bytes", .gauge, "Bytes of envelopes kept for others."),
        MetricDescription(
            "roost_deposits_total", .counter, labels: ["object", "outcome"],
            "What others brought here: kept durably, or collected by its owner before."),
        MetricDescription(
            "roost_deposits_refused_total", .counter, labels: ["object", "reason"],
            "What others brought here and was refused."),
    ]

    private static let person: [MetricDescription] = [
        MetricDescription(
            "roost_outbox_messages", .gauge, labels: ["state"], "This person's messages that are under way."),
        MetricDescription(
            "roost_messages_total", .counter, labels: ["event"],
            "What happened to this person's messages; deposited_again is their repair."),
        MetricDescription(
            "roost_message_delivery_seconds",
            .histogram([1, 2, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800]),
            "Time from a message's acceptance to its known delivery, in whole seconds."),
        MetricDescription(
            "roost_uploads_total", .counter, labels: ["kind", "outcome"],
            "Own deposits and publications with or without a quorum, and direct deliveries."),
    ]

    private static let store: [MetricDescription] = [
        MetricDescription("roost_commits_total", .counter, labels: ["result"], "Commits of the store."),
        MetricDescription(
            "roost_commit_duration_seconds",
            .histogram([
                0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
            ]), "Time that a commit took."),
        MetricDescription(
            "roost_commit_writes", .histogram([1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]), "Writes in one commit."),
        MetricDescription("roost_disk_full", .gauge, "1 when the disk takes nothing new."),
        MetricDescription(
            "roost_damaged_reads_total", .counter, "Times that something in the store was found damaged."),
    ]

    private static let program: [MetricDescription] = [
        MetricDescription("roost_build_info", .gauge, labels: ["version"], "Always 1."),
        MetricDescription("process_resident_memory_bytes", .gauge, "Memory that the process occupies (Linux)."),
        MetricDescription("process_cpu_seconds_total", .counter, "Processor time that the process has used (Linux)."),
        MetricDescription("process_open_fds", .gauge, "Open file descriptors of the process (Linux)."),
        MetricDescription(
            PrometheusFactory.refusedName, .counter, PrometheusFactory.refusedHelp),
    ]

    private static let shortTimes: [Double] = [
        0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
}
