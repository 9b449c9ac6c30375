import Basics
import Exchange
import NIOCore
import NodeCore
import PeerCore

/// A node and the agent of the person it serves, with all that passes between the two.
///
/// Not Sendable and never copied: it belongs to the `RoostNode` that drives it.
struct Cores {
    var node: Node
    var agent: PeerAgent
    var outbox = Outbox()
    var peerOutbox = PeerOutbox()
    /// Answers to commands of the operator's, which no agent gave.
    private(set) var operatorEvents: [NodeEvent] = []
    private var events: [NodeEvent] = []
    private var commands: [(id: CommandID, command: NodeCommand)] = []
    private let instruments: Instruments
    /// Since the start.
    private(set) var traffic = ServiceTraffic()

    /// The bit that tells the operator's command IDs from the agent's, which counts up from zero.
    static let operatorBit: UInt64 = 1 << 63

    init(node: Node, agent: PeerAgent, instruments: Instruments) {
        self.node = node
        self.agent = agent
        self.instruments = instruments
    }

    // MARK: What the driver gives

    mutating func start(now: Now) { agent.start(now: now, into: &peerOutbox) }

    mutating func introduce(_ peers: [BootstrapPeer], expectsMore: Bool, now: Now) {
        node.start(bootstrap: peers, expectsMore: expectsMore, now: now, into: &outbox)
    }

    /// The machine has other ways out, or other addresses of its own, than before.
    mutating func networkChanged(to state: NetworkState, now: Now) {
        node.networkChanged(to: state, now: now, into: &outbox)
        if !state.routes.isEmpty { agent.networkChanged(now: now, into: &peerOutbox) }
    }

    mutating func receive(_ datagram: RawSpan, from endpoint: Endpoint, now: Now) {
        node.handleDatagram(datagram, from: endpoint, now: now, into: &outbox)
    }

    mutating func command(_ command: NodeCommand, id: CommandID, now: Now) {
        node.handle(command, id: id, now: now, into: &outbox)
    }

    mutating func send(_ text: String, to peer: PeerID, key: String?, now: Now) throws(SendError) -> MessageID {
        try agent.send(text, to: peer, key: key, now: now, into: &peerOutbox)
    }

    mutating func cancel(_ id: MessageID, now: Now) -> CancelOutcome { agent.cancel(id, now: now, into: &peerOutbox) }

    mutating func markRead(_ references: [InboxReference], now: Now) {
        agent.markRead(references, now: now, into: &peerOutbox)
    }

    mutating func discardUnopened() -> Int { agent.discardUnopened() }

    mutating func hurry(now: Now) { agent.hurry(now: now, into: &peerOutbox) }

    mutating func delete(_ references: [InboxReference], now: Now) -> Int { agent.delete(references, now: now) }

    // MARK: What the driver does then

    /// Whether the two have nothing more to say to each other.
    enum ExchangeOutcome { case settled, unfinished }

    /// Passes events to the agent and its commands to the node until neither has any, but only so many times: what two
    /// cores may ever make of each other must not hold up datagrams.
    mutating func exchange(now: Now) -> ExchangeOutcome {
        for _ in 0..<Limits.exchangeRounds {
            guard !outbox.events.isEmpty || !peerOutbox.commands.isEmpty else { return .settled }
            swap(&events, &outbox.events)
            for event in events {
                instruments.note(event)
                if Cores.isOperators(event) {
                    operatorEvents.append(event)
                } else {
                    agent.handle(event, now: now, into: &peerOutbox)
                }
            }
            events.removeAll(keepingCapacity: true)
            swap(&commands, &peerOutbox.commands)
            for (id, command) in commands { node.handle(command, id: id, now: now, into: &outbox) }
            commands.removeAll(keepingCapacity: true)
        }
        return .unfinished
    }

    private static func isOperators(_ event: NodeEvent) -> Bool {
        switch event {
        case .lookupRound(let id, _), .lookupFinished(let id, _), .busy(let id): id.number & operatorBit != 0
        default: false
        }
    }

    /// Sends what is queued.
    mutating func sendDatagrams(by departures: inout Departures, over sockets: Sockets, now: Instant) {
        guard !outbox.datagrams.isEmpty else { return }
        // Hardly ever is there any.
        var refused: [(tag: UInt8?, bytes: Int)] = []
        departures.send(outbox.datagrams, over: sockets, now: now) { refused.append(($0, $1)) }
        outbox.datagrams.removeAll()
        for datagram in refused { outbox.noteRefused(tag: datagram.tag, bytes: datagram.bytes) }
    }

    /// Sends what is queued for the second port.
    mutating func sendProbes(by departures: inout Departures, over sockets: Sockets, now: Instant) {
        guard !outbox.probes.isEmpty else { return }
        var refused: [(tag: UInt8?, bytes: Int)] = []
        departures.sendProbes(outbox.probes, over: sockets, now: now) { refused.append(($0, $1)) }
        outbox.probes.removeAll()
        for datagram in refused { outbox.noteRefused(tag: datagram.tag, bytes: datagram.bytes) }
    }

    /// The operator's answers since the last call.
    mutating func takeOperatorEvents() -> [NodeEvent] {
        defer { operatorEvents = [] }
        return operatorEvents
    }

    /// The notices since the last call.
    mutating func takeNotices() -> [PeerNotice] {
        defer { peerOutbox.notices = [] }
        return peerOutbox.notices
    }

    /// What passed over the network since the last call.
    struct Passage {
        /// Datagrams sent, and received.
        let sent, received: Int
        /// Those of the received that were noise or too much.
        let dropped: Int
    }

    /// Passes what both have counted to whoever measures; returns what passed over the network.
    mutating func drainActivity() -> Passage {
        let (sent, received) = (outbox.traffic.total, outbox.activity.received.total)
        traffic.add(sent: sent, received: received)
        instruments.drain(&peerOutbox)
        return Passage(sent: sent.datagrams, received: received.datagrams, dropped: instruments.drain(&outbox))
    }

    /// How many messages are under way in each state.
    var outboxStates: [MessageState: Int] {
        var counts: [MessageState: Int] = [:]
        for state in MessageState.allCases where state.isUnderWay { counts[state] = agent.pendingCount(in: state) }
        return counts
    }

    /// Sets the gauges to how both stand.
    func showGauges(uptime: TimeAmount) {
        instruments.gauges.show(node.status, uptime: uptime)
        instruments.gauges.show(agent)
    }

    /// Does what is due in both.
    mutating func handleDeadline(now: Now) {
        if let due = node.nextDeadline?.at, due <= now.monotonic { node.handleDeadline(now: now, into: &outbox) }
        if let due = agent.nextDeadline?.at, due <= now.monotonic { agent.handleDeadline(now: now, into: &peerOutbox) }
    }

    /// Has the node look at its clock.
    mutating func observeTime(now: Now) { node.observeTime(now: now, into: &outbox) }

    /// Has both tell what happens on the way, step by step.
    mutating func wantReports() {
        outbox.activity.reports.isWanted = true
        agent.steps.isWanted = true
    }

    /// When either wants to be woken.
    var nextDeadline: Instant? {
        guard let node = node.nextDeadline?.at else { return agent.nextDeadline?.at }
        guard let agent = agent.nextDeadline?.at else { return node }
        return min(node, agent)
    }

    /// Hands the writes of both to `submit`, each core's in its order.
    mutating func drainWrites(_ submit: (CommitThread.Submission) -> Void) {
        if node.hasWrites {
            let (writes, through) = node.takeWrites()
            submit(CommitThread.Submission(origin: .node, writes: writes, through: through))
        }
        if agent.hasWrites {
            let (writes, through) = agent.takeWrites()
            submit(CommitThread.Submission(origin: .person, writes: writes, through: through))
        }
    }

    /// Tells the core whose writes they were how their commit ended.
    mutating func handleCommit(_ report: CommitThread.Report, now: Now) {
        switch report.origin {
        case .node: node.handleCommit(through: report.through, report.result, now: now, into: &outbox)
        case .person: agent.handleCommit(through: report.through, report.result, now: now, into: &peerOutbox)
        }
    }
}
