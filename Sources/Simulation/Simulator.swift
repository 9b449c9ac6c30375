import Basics
import Cryptography
import NodeCore
import PeerCore
import Storage

/// Runs a scenario: real nodes and people on a virtual network, first whole, then with all that goes wrong, then healed.
///
///     var simulator = Simulator(scenario)
///     while simulator.advance(events: 100_000) { print(simulator.progress) }
///     print(simulator.summary())
public struct Simulator {
    public let scenario: Scenario
    /// All machines, as they are. To look at, in tests.
    package internal(set) var network: VirtualNetwork
    /// Sees whether all that is promised holds.
    let checks: Checks
    /// What lies on all disks.
    var storage: StorageLedger
    var messages = MessageLedger()
    var lookups = LookupLedger()
    var strangers = StrangersLedger()
    public internal(set) var phase = Phase.forming

    /// Relaying nodes that are up, those that are to come back, and people.
    var roster = Roster()
    var crashed: [HostID] = []
    var people: [HostID] = []
    var agenda = Agenda<Action>()
    /// When the network had formed, and when healing began.
    var formedAt = Instant.origin
    var healingSince = Instant.origin
    var joined = 0
    var written = 0
    var lookedUp = 0
    /// Which partition is under way: the end of an earlier one ends none.
    var partitions = 0
    /// The same of what happens to datagrams on the way.
    var interferences = 0
    /// After how long those come back whose programs will end by themselves.
    var returns: [HostID: Duration] = [:]
    /// Copies of disks, and when they were made.
    var copies: [HostID: (MemoryStore, Instant)] = [:]
    /// The nodes that people were told of when they last came.
    var toldOf: [HostID: [HostID]] = [:]
    /// Who lives on two machines.
    var secondCopies = SecondCopies()
    let falseNames: FalseNames?
    var leavers = Leavers([])
    var liars: [HostID] = []

    var churn: Chance
    var presence: Chance
    var mail: Chance
    var points: Chance
    var offers: Chance
    var faults: Chance
    var introductions: Chance
    var sampling: Chance
    var habits: Chance
    var disks: Chance
    var natChanges: Chance
    /// How messages come.
    var ways = WayLedger()
    /// The kinds of NATs in front of people's machines, by their places among all names.
    var natPlaces: [HostID: UInt8] = [:]
    /// In front of whose machines a NAT or a firewall has forgotten everything.
    var rebound: Set<HostID> = []
    /// People whose machines are behind another NAT than at first.
    var movedBehind: Set<HostID> = []

    /// When the next look at a machine's tables is due, in events, and how many there were.
    var nextLook = 0
    var looks = 0
    var tableViolations: [Violation] = []
    var timeline: [Sample] = []
    var incidents: [Incident] = []
    /// Bytes that all had sent when the last sample was taken, and when healing of the idle window began and ended.
    var bytesSampled = 0
    var idle = IdleWindow()
    var storedBytesPerMessage: [Int] = []
    /// Bytes of hosts that are gone.
    var bytesOfGone = 0

    /// The parts of a run.
    public enum Phase: Hashable, Sendable {
        /// Nodes join one after the other; nothing goes wrong.
        case forming
        /// What the scenario says happens: only safety is demanded.
        case running
        /// Nothing goes wrong any more, and everybody is there: all that was accepted must arrive.
        case healing
        case finished
    }

    enum Action {
        case joinRelay
        case beginIdle
        case endIdle
        case joinPerson(Int)
        case begin
        case leave(HostID)
        case goAway(HostID)
        case comeBack(HostID)
        case endProgram(HostID, incarnation: Int)
        case cancel(MessageID, at: HostID)
        case read(InboxReference, at: HostID)
        case delete(MessageID, InboxReference, at: HostID)
        case write
        case flood
        case offer
        case lookUp
        case strike(Fault)
        case restart(HostID)
        case endPartition(Int)
        case endInterference(Int)
        case mend(HostID, Fault.Kind)
        case sample
        case heal
        case resolveNames
        case introduceStranded
        case end
    }

    /// How far a run is.
    public struct Progress: Sendable {
        public var phase: Phase
        /// Virtual time since the beginning, and how much there will be at most.
        public var time: Duration
        public var end: Duration
        public var events: Int
        public var nodesUp: Int
        public var accepted: Int
        public var delivered: Int
        public var lookups: Int
    }

    /// A simulation in so many parts, which `parallel` runs at once, each perhaps by a thread of its own; or in one.
    ///
    /// The history is the same, whatever they are. Where links may be faster than 1 ms, there is one part.
    ///
    /// - Precondition: `scenario.problem` is nil.
    public init(_ scenario: Scenario, parts: Int = 1, parallel: VirtualNetwork.Parallel? = nil) {
        precondition(scenario.problem == nil)
        let parts = scenario.link.latency.lowerBound < .nanoseconds(Conditions.shortestWindow) ? 1 : parts
        var scenario = scenario
        scenario.nats = scenario.natsInOrder
        self.scenario = scenario
        var link = scenario.link
        (link.loss, link.duplication) = (0, 0)
        network = VirtualNetwork(
            seed: scenario.seed, link: link, suite: scenario.suite,
            configuration: NodeConfiguration(
                network: "simulation", families: .ipv4, bucketSize: scenario.bucketSize,
                repairInterval: scenario.repairInterval),
            shards: parts, parallel: parallel)
        network.shareIdentities()
        network.startOfTime = scenario.startTime
        network.endpointReaders = scenario.endpoints
        network.keepFacts()
        if !scenario.nats.isEmpty || scenario.liars != nil { network.watchVictims() }
        network.buggify(Simulator.buggify(scenario))
        storage = StorageLedger(toleratesLies: scenario.liars != nil)
        checks = Checks(scenario)
        let lies = scenario.liars?.lies ?? []
        falseNames =
            lies.isEmpty ? nil : FalseNames(count: lies.contains(.falseContacts) ? 5_000 : 0, seed: scenario.seed)
        churn = Chance(seed: scenario.seed, .churn)
        presence = Chance(seed: scenario.seed, .presence)
        mail = Chance(seed: scenario.seed, .mail)
        points = Chance(seed: scenario.seed, .lookups)
        offers = Chance(seed: scenario.seed, .strangers)
        faults = Chance(seed: scenario.seed, .faults)
        introductions = Chance(seed: scenario.seed, .bootstrap)
        sampling = Chance(seed: scenario.seed, .sampling)
        habits = Chance(seed: scenario.seed, .habits)
        disks = Chance(seed: scenario.seed, .disks)
        natChanges = Chance(seed: scenario.seed, .mix, host: 1)
        network.reserve(scenario.nodes + scenario.peers)
        (people, natPlaces) = Simulator.settlePeople(scenario, &network)
        messages = MessageLedger(victim: scenario.strangers == nil ? nil : people.first)
        // Whoever a flood is for stays.
        leavers = Leavers(Array(people.suffix(scenario.leaverCount)))
        agenda.plan(.joinRelay, at: scenario.isSettled ? .origin + SettledNetwork.age : .origin)
    }

    /// Goes on for about so many events, to the end of a window; false once the run has ended.
    public mutating func advance(events: Int) -> Bool {
        let goal = network.events + events
        while phase != .finished, network.events < goal {
            if let action = agenda.next, action <= network.nextEvent ?? action {
                network.time = max(network.time, action)
                if let action = agenda.takeNext() { perform(action) }
            } else if network.nextEvent != nil {
                network.advance(before: agenda.next)
            } else {
                finish()
            }
            handleFacts()
            lookAtTables()
            if !network.ended.isEmpty { takeEnded() }
        }
        return phase != .finished
    }

    public var progress: Progress {
        let end = network.time.sinceOrigin
        let total =
            phase == .forming
            ? end + scenario.duration : (formedAt + scenario.duration + scenario.healing).sinceOrigin
        return Progress(
            phase: phase, time: end, end: phase == .finished ? end : total, events: network.events,
            nodesUp: roster.count, accepted: messages.accepted, delivered: messages.delivered,
            lookups: lookups.figures.count)
    }

    // MARK: What happens when

    private mutating func perform(_ action: Action) {
        switch action {
        case .joinRelay: joinRelay()
        case .beginIdle: idle.begin(network)
        case .endIdle: endIdle()
        case .joinPerson(let index): joinPerson(index)
        case .begin: begin()
        case .leave(let host): leave(host)
        case .goAway(let host): goAway(host)
        case .comeBack(let host): comeBack(host)
        case .endProgram(let host, let incarnation): endProgram(host, incarnation)
        case .cancel(let message, let host): cancel(message, at: host)
        case .read(let message, let host): read(message, at: host)
        case .delete(let id, let message, let host): delete(id, message, at: host)
        case .write: write()
        case .flood: floodMailbox()
        case .offer: offer()
        case .lookUp: lookUp()
        case .strike(let fault): strike(fault)
        case .restart(let host): restart(host)
        case .endPartition(let number): endPartition(number)
        case .endInterference(let number): endInterference(number)
        case .mend(let host, let kind): mend(host, kind)
        case .sample: sample()
        case .heal: heal()
        case .resolveNames: resolveNames()
        case .introduceStranded: introduceStranded()
        case .end: finish()
        }
    }

    /// The network has formed: from now on it is as the scenario says.
    private mutating func begin() {
        phase = .running
        formedAt = network.time
        network.link = scenario.link
        bytesSampled = bytesSent
        beginLies()
        beginChurn()
        beginPresence()
        beginWorkloads()
        for fault in scenario.faults { agenda.plan(.strike(fault), at: formedAt + fault.at) }
        agenda.plan(.sample, at: formedAt)
        if scenario.hasBootstrapNames { agenda.plan(.resolveNames, at: formedAt + Simulator.namePause) }
        agenda.plan(.heal, at: formedAt + scenario.duration)
    }

    /// Nothing goes wrong any more.
    private mutating func heal() {
        phase = .healing
        healingSince = network.time
        network.link.loss = 0
        network.link.duplication = 0
        healFaults()
        for host in people where !network.isUp(host) { comeBack(host) }
        agenda.plan(.introduceStranded, at: network.time + Simulator.timeToRejoin)
        agenda.plan(.end, at: network.time + scenario.healing)
        finishIfDone()
    }

    /// Ends the run early where all has arrived.
    func isDone() -> Bool {
        // Mail of senders who have left is brought by nobody else: its recipients get time to look into all mailboxes.
        let least = scenario.leavers > 0 ? Duration.seconds(1_200) : .seconds(60)
        return messages.pending == 0 && network.time - healingSince >= min(least, scenario.healing)
    }

    mutating func finishIfDone() {
        if phase == .healing, scenario.tearsCommits { lookIntoInboxes() }
        if phase == .healing, isDone() { finish() }
    }

    private mutating func finish() {
        guard phase != .finished else { return }
        if phase != .forming { takeSample() }
        phase = .finished
        if scenario.tearsCommits { lookIntoInboxes() }
        for host in people where network.isUp(host) {
            messages.compare(inbox: network.inbox(host), of: host)
            if let agent = network.peer(host) {
                // A machine that crashes says nothing of what it has just written; its person sees it all the same.
                for message in agent.outgoingMessages() where message.state == .failed {
                    messages.record(message, at: network.time)
                }
                checks.compare(agent, at: host, now: network.now)
            }
        }
        handleFacts()
    }

    /// Where machines crash within commits, they don't say all that has come.
    private mutating func lookIntoInboxes() {
        for host in people where network.isUp(host) {
            messages.lookInto(inbox: network.inbox(host), of: host, at: network.time)
        }
    }
}
