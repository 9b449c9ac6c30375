import Basics
import Exchange
import NodeCore
import PeerCore
import Wire

/// A node with the agent of the person whom it serves, if it serves one, and all that passes between the two: what a
/// machine runs, but for its sockets, disk and clock.
///
/// A machine has a driver, which runs it in turns. A turn begins with what has happened: datagrams that have come, a
/// deadline, commits that have ended, something that the person does. Then the driver lets the two cores talk to each
/// other (`exchange`), sends what is in `Effects`, submits `takeWrites` to its disk, and arms one timer for `nextDeadline`.
/// The driver behind sockets and the one of simulations do the same, with the same code.
///
/// It is a class, and no value as the cores are, because the cores are large, and drivers hold it in optional
/// variables: reading a property of a structure through such a variable copies the structure.
public final class Station {
    /// The node.
    public private(set) var node: Node
    /// The person whom the node serves; nil for one that only relays.
    private let person: ServedPerson?
    /// What the cores had still to say to each other when a turn was over.
    private var unfinished: Passing?

    public init(node: Node, agent: PeerAgent? = nil) {
        self.node = node
        person = agent.map(ServedPerson.init)
    }

    /// The agent of the person whom the node serves; nil for one that only relays.
    public var agent: PeerAgent? { person?.agent }

    // MARK: How a turn begins

    /// The agent begins: called once, before anything else happens to it. The node begins with `join`.
    public func start(now: Now, into effects: inout Effects) { person?.agent.start(now: now, into: &effects.person) }

    /// The node joins through these, as in `Node.start`.
    public func join(through peers: [BootstrapPeer], expectsMore: Bool = false, now: Now, into effects: inout Effects) {
        node.start(bootstrap: peers, expectsMore: expectsMore, now: now, into: &effects.node)
    }

    /// Nodes of the local network say that they are at these endpoints, as in `Node.neighboursChanged`.
    public func neighboursChanged(to endpoints: [Endpoint], now: Now, into effects: inout Effects) {
        node.neighboursChanged(to: endpoints, now: now, into: &effects.node)
    }

    /// The node is in its network as if it had joined it hours ago, instead of `join`.
    package func establish(_ standing: Node.Standing, now: Now, into effects: inout Effects) {
        node.establish(standing, now: now, into: &effects.node)
    }

    /// The machine has other ways out, or other addresses of its own, than before.
    public func networkChanged(to state: NetworkState, now: Now, into effects: inout Effects) {
        node.networkChanged(to: state, now: now, into: &effects.node)
        if !state.routes.isEmpty { person?.agent.networkChanged(now: now, into: &effects.person) }
    }

    /// A router says that what comes to an endpoint is passed on to this node; nil: no longer.
    public func observeMapping(to endpoint: Endpoint?, now: Now, into effects: inout Effects) {
        node.observeMapping(to: endpoint, now: now, into: &effects.node)
    }

    /// A router has been asked to do so.
    public func expectMapping(now: Now, into effects: inout Effects) {
        node.expectMapping(now: now, into: &effects.node)
    }

    /// A datagram has come to the port that others know the node by.
    public func receive(_ datagram: RawSpan, from endpoint: Endpoint, now: Now, into effects: inout Effects) {
        node.handleDatagram(datagram, from: endpoint, now: now, into: &effects.node)
    }

    /// A datagram has come to the port that probes are sent from.
    public func receiveProbe(_ datagram: RawSpan, from endpoint: Endpoint, now: Now, into effects: inout Effects) {
        node.handleProbeDatagram(datagram, from: endpoint, now: now, into: &effects.node)
    }

    /// Gives the node a command of an operator, with an ID of `OperatorCommands`; if no person is served, with any ID.
    public func command(_ command: NodeCommand, id: CommandID, now: Now, into effects: inout Effects) {
        node.handle(command, id: id, now: now, into: &effects.node)
    }

    /// The commit of a batch of `takeWrites` has ended.
    public func handleCommit(_ report: CommitReport, now: Now, into effects: inout Effects) {
        switch report.owner {
        case .node: node.handleCommit(through: report.through, report.result, now: now, into: &effects.node)
        case .person:
            person?.agent.handleCommit(through: report.through, report.result, now: now, into: &effects.person)
        }
    }

    /// Does what is due; false where nothing is.
    @discardableResult
    public func handleDeadline(now: Now, into effects: inout Effects) -> Bool {
        var isDue = unfinished != nil
        if let due = Station.deadline(of: &node), due <= now.monotonic {
            node.handleDeadline(now: now, into: &effects.node)
            isDue = true
        }
        if let person, let due = Station.deadline(of: &person.agent), due <= now.monotonic {
            person.agent.handleDeadline(now: now, into: &effects.person)
            isDue = true
        }
        return isDue
    }

    /// Has the node look at its clock.
    public func observeTime(now: Now, into effects: inout Effects) { node.observeTime(now: now, into: &effects.node) }

    /// Has the node bring to others what only it may have, before it ends: until `node.isHandingOver` says no.
    public func leave(now: Now, into effects: inout Effects) { node.leave(now: now, into: &effects.node) }

    /// Has the node write down its contacts, before it ends.
    public func saveContacts() { node.saveContacts() }

    // MARK: How a turn ends

    /// Passes events to the agent and its commands to the node until neither has any, but only so many times
    /// (`Limits.exchangeRounds`): what two cores may ever make of each other must not hold up datagrams. What is left goes
    /// on with the next turn, which is due at once.
    ///
    /// `observe` sees all that passes, before it is handled. `flush` is called after each command, and may send the datagrams that are there:
    /// others then work on the requests of one search while this node makes those of the next.
    public func exchange(
        now: Now, into effects: inout Effects, observe: (Passage) -> Void = { _ in },
        flush: (inout Effects) -> Void = { _ in }
    ) {
        resume(&effects)
        let isCutShort = effects.node.buggify.fires(.exchangeInterrupted, at: now.monotonic)
        for _ in 0..<(isCutShort ? 1 : Limits.exchangeRounds) {
            guard !effects.node.events.isEmpty || !effects.person.commands.isEmpty else { return }
            swap(&effects.passing.events, &effects.node.events)
            for event in effects.passing.events {
                observe(.event(event))
                if let person, event.command?.isOperators != true {
                    person.agent.handle(event, now: now, into: &effects.person)
                } else {
                    effects.answers.append(event)
                }
            }
            effects.passing.events.removeAll(keepingCapacity: true)
            swap(&effects.passing.commands, &effects.person.commands)
            for (id, command) in effects.passing.commands {
                observe(.command(id, command))
                node.handle(command, id: id, now: now, into: &effects.node)
                flush(&effects)
            }
            effects.passing.commands.removeAll(keepingCapacity: true)
        }
        interrupt(&effects)
    }

    /// Takes up what was left of the turn before: it comes first.
    private func resume(_ effects: inout Effects) {
        guard let left = unfinished else { return }
        unfinished = nil
        effects.node.events.insert(contentsOf: left.events, at: 0)
        effects.person.commands.insert(contentsOf: left.commands, at: 0)
    }

    /// Keeps what is left for the next turn.
    private func interrupt(_ effects: inout Effects) {
        guard !effects.node.events.isEmpty || !effects.person.commands.isEmpty else { return }
        effects.node.marks.count(.exchangeInterrupted)
        unfinished = Passing(events: effects.node.events, commands: effects.person.commands)
        effects.node.events.removeAll()
        effects.person.commands.removeAll()
    }

    /// What must be committed now: at most one batch of each core, and none of a core whose last one is under way.
    public func takeWrites() -> [WriteBatch] {
        let node = Station.batch(of: &node)
        guard let person, let batch = Station.batch(of: &person.agent) else { return node.map { [$0] } ?? [] }
        return node.map { [$0, batch] } ?? [batch]
    }

    /// When `handleDeadline` wants to be called next. In the past, where the cores have more to say to each other.
    public var nextDeadline: Instant? {
        guard unfinished == nil else { return .origin }
        let node = Station.deadline(of: &node)
        guard let person, let agent = Station.deadline(of: &person.agent) else { return node }
        return node.map { min($0, agent) } ?? agent
    }

    // Through `inout`, though nothing is changed: to read a property of a class's variable copies the variable.

    @inline(never)
    private static func deadline(of node: inout Node) -> Instant? { node.nextWakeUp() }

    @inline(never)
    private static func deadline(of agent: inout PeerAgent) -> Instant? { agent.nextDeadline?.at }

    @inline(never)
    private static func batch(of node: inout Node) -> WriteBatch? {
        guard node.hasWrites else { return nil }
        let (writes, through) = node.takeWrites()
        return WriteBatch(owner: .node, writes: writes, through: through)
    }

    @inline(never)
    private static func batch(of agent: inout PeerAgent) -> WriteBatch? {
        guard agent.hasWrites else { return nil }
        let (writes, through) = agent.takeWrites()
        return WriteBatch(owner: .person, writes: writes, through: through)
    }
}

// MARK: What the person does

extension Station {
    /// As `PeerAgent.send`; nil if no person is served.
    public func send(
        _ text: String, introducing introduced: Introduced? = nil, to peer: PeerID, key: String? = nil, now: Now,
        into effects: inout Effects
    ) throws(SendError) -> MessageID? {
        try person?.agent.send(
            text, introducing: introduced, to: peer, key: key, now: now, into: &effects.person)
    }

    /// As `PeerAgent.cancel`; unknown if no person is served.
    public func cancel(_ id: MessageID, now: Now, into effects: inout Effects) -> CancelOutcome {
        person?.agent.cancel(id, now: now, into: &effects.person) ?? .unknown
    }

    /// As `PeerAgent.markRead`.
    public func markRead(
        _ references: [InboxReference], telling hears: (PeerID, PeerStanding) -> Bool = { _, _ in true }, now: Now,
        into effects: inout Effects
    ) {
        person?.agent.markRead(references, telling: hears, now: now, into: &effects.person)
    }

    /// As `PeerAgent.delete`.
    public func delete(_ references: [InboxReference], now: Now, into effects: inout Effects) -> Int {
        person?.agent.delete(references, now: now, into: &effects.person) ?? 0
    }

    /// As `PeerAgent.deleteConversation`.
    public func deleteConversation(
        with peer: PeerID, after position: InboxPosition?, now: Now, into effects: inout Effects
    ) -> ConversationDeletion? {
        person?.agent.deleteConversation(with: peer, after: position, now: now, into: &effects.person)
    }

    /// As `PeerAgent.deleteSent`.
    public func deleteSent(_ id: MessageID, now: Now, into effects: inout Effects) -> Bool? {
        person?.agent.deleteSent(id, now: now, into: &effects.person)
    }

    /// As `PeerAgent.decide`.
    public func decide(
        _ standing: PeerStanding, about peer: PeerID, now: Now, into effects: inout Effects
    ) -> Bool? {
        person?.agent.decide(standing, about: peer, now: now, into: &effects.person)
    }

    /// As `PeerAgent.setOwnName`.
    public func setOwnName(_ text: String, now: Now, into effects: inout Effects) -> Bool? {
        person?.agent.setOwnName(text, now: now, into: &effects.person)
    }

    /// As `PeerAgent.setDraft`.
    public func setDraft(_ text: String, to peer: PeerID, now: Now, into effects: inout Effects) -> DraftOutcome? {
        person?.agent.setDraft(text, to: peer, now: now, into: &effects.person)
    }

    /// As `PeerAgent.setTellsOfReading`.
    public func setTellsOfReading(_ isOn: Bool, now: Now, into effects: inout Effects) {
        person?.agent.setTellsOfReading(isOn, now: now, into: &effects.person)
    }

    /// As `PeerAgent.discardUnopened`.
    public func discardUnopened(now: Now, into effects: inout Effects) -> Int {
        person?.agent.discardUnopened(now: now, into: &effects.person) ?? 0
    }

    /// As `PeerAgent.hurry`.
    public func hurry(now: Now, into effects: inout Effects) { person?.agent.hurry(now: now, into: &effects.person) }
}

// MARK: For observers

extension Station {
    /// Has both tell what happens on the way, step by step: the node in `Effects`, the agent to `takeSteps`.
    public func wantReports(in effects: inout Effects) {
        effects.node.reports.isWanted = true
        person?.agent.steps.isWanted = true
    }

    /// What has happened to the person's messages since the last call, where that is wanted.
    public func takeSteps() -> [DeliveryStep] { person?.agent.steps.take() ?? [] }

    /// Sees every request before the node serves it: see `Node.tap`. For tests.
    package var tap: ((_ from: PublicKey, _ body: RawSpan) -> Void)? {
        get { node.tap }
        set { node.tap = newValue }
    }

    /// Whether the node repairs: see `Node.repairs`. For simulated nodes that run another program.
    package var repairs: Bool {
        get { node.repairs }
        set { node.repairs = newValue }
    }

    /// Has the node lie about where it sees others: see `Node.pretendToSeeOthers`. For simulated nodes that run another program.
    package func pretendToSeeOthers(at endpoint: Endpoint) { node.pretendToSeeOthers(at: endpoint) }

    /// Answers requests in the node's place: see `Node.substitute`. For simulated nodes that run another program.
    package var substitute: ((_ request: RawSpan, _ answer: inout ByteWriter) -> Bool)? {
        get { node.substitute }
        set { node.substitute = newValue }
    }

    /// Bytes that a station without a person takes up by itself, not counting what its node keeps elsewhere.
    package static let byteCount =
        16 + MemoryLayout<Node>.stride + MemoryLayout<ServedPerson?>.stride + MemoryLayout<Passing?>.stride
}

/// A person whom a node serves. Apart from the station, as most stations of a simulation serve no person and have no
/// room for an agent.
private final class ServedPerson {
    var agent: PeerAgent

    init(_ agent: PeerAgent) { self.agent = agent }
}
