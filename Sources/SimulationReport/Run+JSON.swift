import Simulation

/// A run for scripts. What was not measured is null.
extension Run {
    /// Everything but what happened over time and where everything is.
    public var json: JSONValue { .object(members) }

    /// Everything.
    public var jsonWithTimeline: JSONValue {
        .object(
            members + [
                .init("timeline", .array(summary.timeline.map(json))),
                .init("bucketFill", .array(summary.bucketFill.map { JSONValue($0) })),
                .init("map", map),
            ])
    }

    private var members: [JSONValue.Member] {
        [
            .init("seed", JSONValue(summary.scenario.seed)),
            .init("traceHash", real == nil ? .string(traceHash) : .null),
            .init("verdict", .string(verdictName)),
            .init("nodes", JSONValue(summary.scenario.nodes)),
            .init("peers", JSONValue(summary.scenario.peers)),
            .init("backend", .string(real?.kind ?? "simulator")),
            .init("pace", real.map { JSONValue($0.pace) } ?? .null),
            .init("applied", real.map { .array($0.applied.map { .string($0) }) } ?? .null),
            .init("notApplied", real.map { .array($0.notApplied.map { .string($0) }) } ?? .null),
            .init("virtualSeconds", real == nil ? JSONValue(summary.time.inSeconds) : .null),
            .init("events", measured(summary.events)),
            .init("eventsPerSecond", real == nil ? JSONValue(eventsPerSecond) : .null),
            .init("wallSeconds", JSONValue(wallSeconds)),
            .init("threads", real == nil ? JSONValue(threads) : .null),
            .init("bytesPerNode", summary.memory.parts.isEmpty ? .null : JSONValue(summary.memory.total)),
            .init("residentBytes", residentBytes.map { JSONValue($0) } ?? .null),
            .init("datagrams", measured(summary.datagrams)),
            .init("timers", measured(summary.timers)),
            .init("nodesUp", JSONValue(summary.nodesUp)),
            .init("nodesEver", JSONValue(summary.nodesEver)),
            .init("lookups", lookups),
            .init("messages", messages),
            .init("traffic", traffic),
            .init("convergence", convergence),
            .init(
                "memory",
                .array(
                    summary.memory.parts.map { .object(["part": .string($0.name), "bytes": JSONValue($0.bytes)]) })),
            .init("violations", .array(summary.violations.map(json))),
            .init("unfinished", .array(summary.unfinished.map(json))),
            .init("incidents", .array(summary.incidents.map(json))),
            .init("marks", summary.marks.json),
            .init("scenario", ScenarioFile.json(summary.scenario)),
            .init("replay", .array(replay.map { .string($0) })),
        ]
    }

    private var verdictName: String {
        switch verdict {
        case .allHeld: "all held"
        case .safetyBroken: "safety broken"
        case .livenessNotReached: "liveness not reached"
        case .interrupted: "interrupted"
        }
    }

    private var lookups: JSONValue {
        let figures = summary.lookups
        func times(_ share: Double, _ sorted: [Duration]) -> JSONValue {
            JSONValue(Quantiles.value(share, of: sorted).flatMap(roundTrips))
        }
        func count(_ share: Double, _ sorted: [Int]) -> JSONValue {
            Quantiles.value(share, of: sorted).map { JSONValue($0) } ?? .null
        }
        return .object([
            "count": JSONValue(figures.count),
            "succeeded": JSONValue(figures.succeeded),
            "exact": JSONValue(figures.count > 0 ? Double(figures.exact) / Double(figures.count) : nil),
            "roundsP50": count(0.5, figures.rounds), "roundsP99": count(0.99, figures.rounds),
            "rttsFirstP50": times(0.5, figures.first), "rttsFirstP99": times(0.99, figures.first),
            "rttsQuorumP50": times(0.5, figures.quorum), "rttsQuorumP99": times(0.99, figures.quorum),
            "rttsAllP50": times(0.5, figures.all), "rttsAllP99": times(0.99, figures.all),
            "rpcsMean": JSONValue(mean(figures.requests)),
            "rpcsP99": count(0.99, figures.requests),
            "rttSeconds": measured(figures.medianRoundTrip.inSeconds),
        ])
    }

    private var messages: JSONValue {
        let figures = summary.messages
        func latency(_ share: Double, _ sorted: [Duration]) -> JSONValue {
            JSONValue(Quantiles.value(share, of: sorted)?.inSeconds)
        }
        return .object([
            "accepted": JSONValue(figures.accepted),
            "delivered": JSONValue(figures.delivered),
            "duplicated": JSONValue(figures.duplicated),
            "lost": JSONValue(figures.lost),
            "pending": JSONValue(figures.pending),
            "failed": JSONValue(figures.failed),
            "leavers": summary.scenario.leavers > 0 && real == nil
                ? json(figures.leavers) : .null,
            "strangers": figures.strangers.map(json) ?? .null,
            "direct": JSONValue(figures.direct),
            "ways": ways,
            "pairs": pairs,
            "latencySecondsP50": latency(0.5, figures.latencies),
            "latencySecondsP90": latency(0.9, figures.latencies),
            "latencySecondsP99": latency(0.99, figures.latencies),
            "latencySecondsMaximum": latency(1, figures.latencies),
            "onlineLatencySecondsP50": latency(0.5, figures.latenciesOnline),
            "onlineLatencySecondsP99": latency(0.99, figures.latenciesOnline),
            "bytesSentPerDelivered": measured(figures.bytesSentPerDelivered),
            "bytesStoredPerMessage": measured(figures.bytesStoredPerMessage),
        ])
    }

    private func json(_ strangers: StrangersFigures) -> JSONValue {
        .object([
            "offered": JSONValue(strangers.offered), "bytesOffered": JSONValue(strangers.bytesOffered),
            "stored": JSONValue(strangers.stored), "mostBytesKept": JSONValue(strangers.mostBytesKept),
            "ofAccepted": json(strangers.besides.ofAccepted), "ofOthers": json(strangers.besides.ofOthers),
        ])
    }

    private func json(_ share: DeliveredShare) -> JSONValue {
        .object(["accepted": JSONValue(share.accepted), "delivered": JSONValue(share.delivered)])
    }

    private var convergence: JSONValue {
        let figures = summary.convergence
        guard real == nil, let share = figures.share else { return .null }
        return .object([
            "mailboxes": JSONValue(figures.mailboxes), "alike": JSONValue(figures.alike), "share": JSONValue(share),
        ])
    }

    private var traffic: JSONValue {
        let figures = summary.traffic
        func node(_ share: Double) -> JSONValue { JSONValue(Quantiles.value(share, of: figures.perNode)) }
        return .object([
            "idleBytesPerSecondPerNode": measured(figures.idleBytesPerSecondPerNode),
            "repairBytesPerHourPerNode": measured(figures.repairBytesPerHourPerNode),
            "bytesPerSecondPerNodeP50": node(0.5),
            "bytesPerSecondPerNodeP99": node(0.99),
            "victims": figures.victims.map(json) ?? .null,
            "kinds": .array(figures.kinds.map(json)),
            "idleKinds": .array(figures.idleKinds.map(json)),
        ])
    }

    private func json(_ victims: VictimFigures) -> JSONValue {
        .object([
            "datagrams": JSONValue(victims.datagrams), "mostOfOneNodePerMinute": JSONValue(victims.mostOfOne),
            "mostToOneBlockPerMinute": JSONValue(victims.mostOfAll),
        ])
    }

    /// Real nodes don't tell everything: what is zero there was not measured.
    private func measured(_ value: Int) -> JSONValue { real != nil && value == 0 ? .null : JSONValue(value) }
    private func measured(_ value: Double) -> JSONValue { real != nil && value == 0 ? .null : JSONValue(value) }

    private func mean(_ values: [Int]) -> Double? {
        values.isEmpty ? nil : Double(values.reduce(0, +)) / Double(values.count)
    }

    private func json(_ kind: TrafficFigures.Kind) -> JSONValue {
        .object([
            "kind": .string(kind.name), "datagrams": JSONValue(kind.datagrams), "bytes": JSONValue(kind.bytes),
        ])
    }

    private func json(_ violation: Violation) -> JSONValue {
        .object([
            "sentence": .string(violation.sentence), "trace": .array(violation.trace.map { .string($0) }),
        ])
    }

    private func json(_ incident: Incident) -> JSONValue {
        .object([
            "atSeconds": JSONValue(incident.at.inSeconds), "lastingSeconds": JSONValue(incident.lasting.inSeconds),
            "what": .string(incident.what),
        ])
    }

    private func json(_ sample: Sample) -> JSONValue {
        .object([
            "atSeconds": JSONValue(sample.at.inSeconds), "accepted": JSONValue(sample.accepted),
            "delivered": JSONValue(sample.delivered), "nodesUp": JSONValue(sample.nodesUp),
            "peersOnline": JSONValue(sample.peersOnline), "bytes": JSONValue(sample.bytes),
        ])
    }
}
