import Basics
import CoreMetrics
import Cryptography
@_exported import Exchange
import LMDBStore
import Logging
import NIOCore
import NIOPosix
import NodeCore
@_exported import PeerCore
@_exported import Reports
import Station
import Storage

/// A running node of the network and the person it serves: what `roost up` runs, and what an app embeds.
///
/// The module's front page shows how an app uses it, in ten lines.
///
/// It runs until `stop`, whether or not anybody holds on to it.
///
/// The actor's executor is the event loop of its sockets, so that a datagram is handled where it is read. On that loop
/// the station has its turns: see `finishTurn`.
public actor RoostNode {
    /// The person, as others write to them.
    public nonisolated let peerID: PeerID
    /// The node, as others route to it.
    public nonisolated let nodeID: NodeID
    /// The node's static key, with which others can pin it: `key@host:port`.
    public nonisolated let nodeKey: PublicKey
    /// Where it listens, with the ports that the system chose.
    public nonisolated let endpoints: [Endpoint]
    /// How often the node may wake its machine for mail.
    let power: PowerSetting
    /// The directory it keeps everything in.
    public nonisolated let directory: DataDirectory

    nonisolated let eventLoop: SocketLoop
    nonisolated let logger: Logger
    let started: NIODeadline

    /// Nil once the node has stopped, as all that follows: so the store is closed before the directory is unlocked.
    var station: Station?
    /// What the station wants done.
    var effects = Station.Effects()
    /// What was sent and received since the start.
    var traffic = TrafficReport()
    var commits: CommitThread?
    var writer: LMDBWriter?
    /// How often problems were looked for since the last look at the files of the directory; nil while one is under way.
    var roundsSinceFiles: Int? = 0
    /// Key files that are missing in the directory.
    var missingKeys: [String] = []
    /// Key files that are open although another is sealed.
    var keysLeftOpen: [String] = []
    let keyWatch: KeyWatch
    var sockets: Sockets?
    /// The second port, from which the node dials at others' request: see `Node.handleProbeDatagram`.
    var probeSockets: Sockets?
    var departures = Departures()
    let monitor: any NetworkMonitor
    var networkWatch: NetworkWatch
    var networkLook: Scheduled<Void>?
    var mapping: MappingState
    var discovery: DiscoveryState
    /// The pause before the names of bootstrap nodes are resolved again.
    var resolution: Task<Void, Never>?
    let health: StoreHealth
    nonisolated let instruments: Instruments
    var lock: DirectoryLock?
    /// What reads the sockets.
    var watches: [SocketWatch] = []

    var phase = Phase.running
    /// Whether it is about to stop, and waits only until others have been sent what they should have.
    var isLeaving = false
    var lastCommit = CommitResult.committed
    /// How many damaged reads have been counted.
    var knownDamage = 0
    /// Why the node can't go on: nothing it accepts can be kept. It should be stopped.
    public internal(set) var failure: ServiceError?
    var isReady = false
    /// Whether the log says that the node has joined others.
    var hasToldJoining = false
    /// What has come and not been dealt with, while more comes than the node can deal with.
    var backlog = Backlog()
    /// Whether the loop will go on with the backlog by itself.
    var worksOffBacklog = false
    var drops = DropWatch()
    /// The datagrams that the system had dropped when it was last asked.
    var overflowed: UInt32 = 0
    var problems = ProblemList()
    var silence = SilenceWatch()
    var flood = FloodWatch()
    var refusals = RefusalWatch()
    /// Looks for problems again and again.
    var watchRounds: RepeatedTask?
    /// Whether nodes to join through were named at the start.
    let hasBootstrap: Bool
    /// Names of such nodes that have no address at present.
    var unresolvedNames: [String] = []
    var timer: (deadline: NIODeadline, scheduled: Scheduled<Void>)?
    var bootstrapping: Task<Void, Never>?
    var waiters = Waiters()
    var lookups = LookupStreams()
    var watchers = NoticeStreams()
    /// Those who wait for the node to have stopped.
    var stopping: [CheckedContinuation<Void, Never>] = []

    enum Phase { case running, stopping, stopped }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { eventLoop.asUnownedSerialExecutor() }

    private init(
        configuration: ServiceConfiguration, directory: DataDirectory, keys: DataDirectory.Keys, lock: DirectoryLock,
        store: sending LMDBStore, health: StoreHealth, sockets: Sockets, probeSockets: Sockets,
        logger: Logger, metrics: any MetricsFactory
    ) {
        var system = SystemRandomNumberGenerator()
        let now = SystemClock.now()
        let node = Node(
            secret: keys.node,
            configuration: NodeConfiguration(
                network: configuration.network, families: sockets.families, power: configuration.power),
            suite: .sodium, store: store, seed: system.bytes32(), now: now)
        let agent = PeerAgent(
            profile: keys.profile, suite: .sodium, endpointReaders: configuration.endpointReaders,
            power: configuration.power, store: store, seed: system.bytes32(), now: now)
        eventLoop = SocketLoop.next()
        self.logger = logger
        self.directory = directory
        started = .now()
        peerID = keys.profile.peerID
        nodeID = node.id
        nodeKey = node.key
        endpoints = sockets.endpoints
        power = configuration.power
        #if os(Linux)
            monitor = NetlinkMonitor()
        #else
            monitor = PollingMonitor()
        #endif
        networkWatch = NetworkWatch(listening: sockets.endpoints, snapshot: nil)
        mapping = MappingState(configuration.portMapping, seed: system.next())
        discovery = DiscoveryState(isOn: configuration.localDiscovery, network: configuration.network)
        instruments = Instruments(metrics)
        let station = Station(node: node, agent: agent)
        if logger.logLevel <= .debug { station.wantReports(in: &effects) }
        self.station = station
        hasBootstrap = !configuration.bootstrap.isEmpty || !configuration.bootstrapLists.isEmpty
        self.sockets = sockets
        self.probeSockets = probeSockets
        self.health = health
        self.lock = lock
        keyWatch = KeyWatch(directory)
        keysLeftOpen = keyWatch.keysLeftOpen()
    }

    /// Starts a node: makes or opens its data directory, binds its sockets and begins to join, which goes on after this
    /// has returned.
    ///
    /// What it measures goes to `metrics`: see ``RoostMetrics`` and ``refreshMetrics()``.
    ///
    /// `passphrase` opens the keys where they are sealed: ``DataDirectory/areKeysSealed(in:)``.
    ///
    /// Throws where the directory, the keys, the store or a socket can't be used; nothing runs then.
    public static func start(
        _ configuration: ServiceConfiguration, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory,
        passphrase: Passphrase? = nil
    ) async throws(ServiceError) -> RoostNode {
        let directory = DataDirectory(configuration.dataDirectory)
        try directory.prepare()
        let lock = try directory.lock()
        try directory.removeDrafts()
        let keys = try directory.keys(openedBy: passphrase)
        let store = try directory.openStore()
        if let owner = PeerAgent.owner(of: store), owner != keys.profile.peerID {
            throw ServiceError(
                .keyUnusable,
                """
                The store in \(directory.path) is another person's than profile.key: restore the key that belongs to it, or \
                move store and format away to begin with an empty store.
                """)
        }
        let (writer, health) = (store.writer, store.health)
        let sockets = try Sockets.bind(configuration.listen)
        let probeSockets = try Sockets.bind(sockets.endpoints.map { $0.with(port: 0) })
        let node = RoostNode(
            configuration: configuration, directory: directory, keys: keys, lock: lock, store: store,
            health: health, sockets: sockets, probeSockets: probeSockets, logger: logger, metrics: metrics)
        await node.begin(configuration, writer: writer)
        return node
    }

    private func begin(_ configuration: ServiceConfiguration, writer: LMDBWriter) async {
        guard let sockets else { return }
        self.writer = writer
        commits = CommitThread(commit: instruments.measured(writer.commit)) { [weak self] reports in
            guard let self else { return }
            eventLoop.execute { self.assumeIsolated { $0.committed(reports) } }
        }
        watches = sockets.open(for: self) { .main(socket: $0) }
        watches += probeSockets?.open(for: self) { _ in .probe } ?? []
        await watchNetwork()
        station?.start(now: SystemClock.now(), into: &effects)
        if let isOn = configuration.tellsOfReading {
            station?.setTellsOfReading(isOn, now: SystemClock.now(), into: &effects)
        }
        finishTurn()
        mapAnew()
        followLocalLinks()
        watchForProblems()
        bootstrapping = Task { await self.bootstrap(through: configuration.bootstrap, configuration.bootstrapLists) }
    }
}
