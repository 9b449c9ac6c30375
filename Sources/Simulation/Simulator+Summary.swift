import Basics
import NodeCore
import Sessions
import Station
import Storage
import Wire

/// What is measured, and told.
extension Simulator {
    /// Samples of the time during which it runs.
    private static let samples = 200
    /// Nodes looked at closely with each sample.
    private static let inspected = 20

    var bytesSent: Int { network.traffic.relays.total.bytes + network.traffic.people.total.bytes }

    mutating func sample() {
        guard phase != .finished else { return }
        takeSample()
        inspect()
        finishIfDone()
        let step = max(scenario.duration / Simulator.samples, .seconds(1))
        agenda.plan(.sample, at: network.time + (phase == .healing ? min(step, .seconds(30)) : step))
    }

    mutating func takeSample() {
        let bytes = bytesSent
        timeline.append(
            Sample(
                at: network.time - formedAt, accepted: messages.accepted, delivered: messages.delivered,
                nodesUp: roster.count, peersOnline: people.count { network.isUp($0) }, bytes: bytes - bytesSampled))
        bytesSampled = bytes
        weighStrangersMail()
        if messages.pending > 0 { storedBytesPerMessage.append(storage.bytesHeld / messages.pending) }
    }

    /// Looks whether tables and bounds of a few nodes are as they must be.
    private mutating func inspect() {
        let some = sampling.pick(Simulator.inspected, of: roster.hosts)
        lookAtOwners(some)
        for host in some {
            for problem in TableCheck.problems(
                of: network.nodeInPlace(host), bucketSize: scenario.bucketSize)
            {
                tableViolations.append(Violation("Host \(host.index): \(problem)", trace: ["\(network.time)"]))
            }
        }
    }

    private var calmViolations: [Violation] {
        lookups.calmViolations(
            comingAndGoing: scenario.offline > 0 ? scenario.peers : 0, machines: scenario.nodes + scenario.peers)
    }

    /// What the machines of a sender and a recipient say at the end of a message that did not arrive.
    private func standing(of id: MessageID, from sender: HostID, to recipient: HostID) -> [String] {
        let message = network.peer(sender)?.message(id)
        let state = message.map { "\($0.state)" + ($0.reason.map { ": \($0)" } ?? "") } ?? "not known"
        let machines = [(sender, "sender"), (recipient, "recipient")].map { host, role in
            let status = network.node(host).status
            return "at the end the \(role)'s node is \(network.isUp(host) ? "up" : "down"), "
                + "\(status.isJoined ? "joined" : "not joined"), its clock \(status.clock)"
        }
        return ["at the end its sender has it as \(state)"] + machines
    }

    /// What has been found so far.
    public func summary() -> Summary {
        var summary = Summary(
            scenario: scenario, traceHash: network.traceHash, time: network.time.sinceOrigin, events: network.events,
            datagrams: network.datagrams, timers: network.timers,
            nodesUp: roster.count, nodesEver: network.hostsEver,
            violations: messages.violations + storage.violations + tableViolations + checks.violations
                + network.victimViolations
                + IdleBudget.violations(of: idle.bytesPerSecondPerNode, in: scenario)
                + (scenario.isCalm ? calmViolations : []),
            unfinished: phase == .finished ? messages.unfinished(standing: standing(of:from:to:)) : [],
            timeline: timeline, incidents: incidents,
            bucketFill: [], isFinished: phase == .finished)
        summary.lookups = lookups.sortedFigures(medianRoundTrip: medianRoundTrip)
        summary.messages = messageFigures
        summary.traffic = trafficFigures
        summary.marks = network.marks
        summary.convergence = convergence
        var sampling = sampling
        let sample = sampling.pick(200, of: roster.hosts)
        summary.bucketFill = bucketFill(of: sample)
        summary.memory = memory(of: sample)
        summary.map = map
        return summary
    }

    private var messageFigures: MessageFigures {
        var figures = messages.figures
        figures.passages = messages.passages(natNames)
        if scenario.strangers != nil, let victim = people.first {
            figures.strangers = strangers.figures
            figures.strangers?.besides = messages.figures(to: victim)
        }
        figures.lost = phase == .finished ? figures.pending : 0
        if phase == .finished { figures.pending = 0 }
        let elapsed = Double((network.time - formedAt).nanoseconds) / 1e9
        let base = idle.bytesPerSecondPerNode * Double(roster.count) * elapsed
        let sent = Double(bytesSent - idle.bytesBefore)
        if figures.delivered > 0 { figures.bytesSentPerDelivered = Int(max(0, sent - base)) / figures.delivered }
        if !storedBytesPerMessage.isEmpty {
            figures.bytesStoredPerMessage = storedBytesPerMessage.reduce(0, +) / storedBytesPerMessage.count
        }
        return figures
    }

    private var trafficFigures: TrafficFigures {
        var figures = TrafficFigures()
        figures.victims = network.victims
        figures.idleBytesPerSecondPerNode = idle.bytesPerSecondPerNode
        figures.idleKinds = idle.kinds
        let all = network.traffic.relays + network.traffic.people
        figures.kinds = Traffic.kinds.map { kind in
            TrafficFigures.Kind(name: kind.description, datagrams: all[kind].datagrams, bytes: all[kind].bytes)
        }
        .filter { $0.datagrams > 0 }.sorted { $0.bytes > $1.bytes }
        let hours = Double((network.time - formedAt).nanoseconds) / 3.6e12
        if phase != .forming, hours > 0, !roster.isEmpty {
            let repair = network.repairBytes - idle.repairBefore
            figures.repairBytesPerHourPerNode = Double(repair) / hours / Double(roster.count)
        }
        figures.perNode = roster.hosts.compactMap { host in
            let seconds = Double((network.time - network.startedAt(host)).nanoseconds) / 1e9
            return seconds > 0 ? Double(network.bytesSent(by: host)) / seconds : nil
        }
        .sorted()
        return figures
    }

    private func bucketFill(of hosts: [HostID]) -> [Double] {
        var counts: [Int] = []
        for host in hosts {
            network.nodeInPlace(host).forEachContact { entry in
                while counts.count <= entry.bucket { counts.append(0) }
                counts[entry.bucket] += 1
            }
        }
        return counts.map { Double($0) / Double(max(1, hosts.count)) }
    }

    private func memory(of hosts: [HostID]) -> MemoryFigures {
        var sums = NodeMemory()
        var (kept, remembered) = (0, 0)
        for host in hosts {
            let memory = network.nodeInPlace(host).memory
            sums.table += memory.table
            sums.sessions += memory.sessions
            sums.requests += memory.requests
            sums.node += memory.node
            let disk = network.disk(host)
            for table in Table.allCases where table != .contacts { kept += disk.byteCount(of: table) }
            remembered += disk.byteCount(of: .contacts)
        }
        let count = max(1, hosts.count)
        let parts = [
            ("routing table", sums.table), ("sessions", sums.sessions), ("requests", sums.requests),
            (
                "node",
                sums.node + count * (MemoryLayout<VirtualHost>.stride + Station.byteCount - MemoryLayout<Node>.size)
            ),
            ("envelopes and records on disk", kept), ("contacts on disk", remembered),
        ]
        return MemoryFigures(
            parts: parts.map { MemoryFigures.Part(name: $0.0, bytes: $0.1 / count) }.sorted { $0.bytes > $1.bytes })
    }

    /// The median round trip between two hosts, from pairs by chance.
    private var medianRoundTrip: Duration {
        var sampling = sampling
        var trips: [Int64] = []
        for _ in 0..<1_001 {
            guard let first = roster.random(&sampling), let second = roster.random(&sampling) else { return .zero }
            trips.append(network.roundTrip(first, second))
        }
        trips.sort()
        return .nanoseconds(trips[trips.count / 2])
    }
}

/// What an idle network sends, measured between two moments.
struct IdleWindow {
    private var begunAt = Instant.origin
    private var before = Traffic()
    private(set) var bytesPerSecondPerNode = 0.0
    private(set) var kinds: [TrafficFigures.Kind] = []
    /// Bytes that all had sent by its end, and those for repair.
    private(set) var bytesBefore = 0
    private(set) var repairBefore = 0

    mutating func begin(_ network: VirtualNetwork) {
        begunAt = network.time
        before = network.traffic.relays
    }

    mutating func end(_ network: VirtualNetwork, nodes: Int) {
        let after = network.traffic.relays
        let seconds = Double((network.time - begunAt).nanoseconds) / 1e9 * Double(max(1, nodes))
        bytesPerSecondPerNode = Double(after.total.bytes - before.total.bytes) / seconds
        kinds = Traffic.kinds.map { kind in
            TrafficFigures.Kind(
                name: kind.description, datagrams: after[kind].datagrams - before[kind].datagrams,
                bytes: after[kind].bytes - before[kind].bytes)
        }
        .filter { $0.datagrams > 0 }.sorted { $0.bytes > $1.bytes }
        bytesBefore = after.total.bytes
        repairBefore = network.repairBytes
    }
}

extension VirtualNetwork {
    /// What relaying nodes send each other to keep what they hold for others in repair. They ask for nothing of this for any
    /// other reason. Answers with chunks are shared out between them and owners by their requests.
    var repairBytes: Int {
        let (relays, people) = traffic
        let asked: [RPCKind] = [.putRecord, .reconcile, .deposit, .discard, .fetch]
        let requests = asked.reduce(0) { $0 + relays[.request($1)].bytes }
        let fetches = (relays: relays[.request(.fetch)].datagrams, people: people[.request(.fetch)].datagrams)
        let chunks = relays[.answer(.fetch)].bytes + people[.answer(.fetch)].bytes
        let share = fetches.relays == 0 ? 0 : Double(fetches.relays) / Double(fetches.relays + fetches.people)
        return requests + relays[.answer(.reconcile)].bytes + Int(Double(chunks) * share)
    }
}

extension Traffic.Kind: CustomStringConvertible {
    /// In a few words.
    public var description: String {
        switch self {
        case .initiation: "handshakes"
        case .hello: "hello"
        case .other: "sessions, and what waited for them"
        case .request(let kind): "\(kind)"
        case .answer(let kind): "answers to \(kind)"
        }
    }
}
