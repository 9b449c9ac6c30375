import Basics
import Cryptography
import Kademlia
import Mailboxes
import Sessions
import Storage
import Wire

/// One node of the network: it routes (Kademlia), keeps mailboxes and records for others, and does what its person's
/// side commands.
///
/// A value without I/O: time, bytes and randomness are arguments, what it wants is written into the caller's `Outbox`,
/// and what it must keep is taken with `takeWrites`. The same code runs behind sockets and in simulations.
///
/// A driver calls one `handle…` at a time; after each it sends the datagrams, passes the events on, commits the writes
/// and reports them with `handleCommit`, and arms one timer for `nextDeadline`.
public struct Node {
    let configuration: NodeConfiguration
    let suite: CipherSuite
    /// The hash of `key`: where this node stands in the keyspace.
    public let id: NodeID
    /// The static public key that others know this node by.
    public let key: PublicKey

    var generator: SecureGenerator
    var table: RoutingTable
    var sessions: SessionTable
    var buddy: Buddy
    var store: StoreView

    var requests: RequestTable
    var greetings = Greetings()
    var operations: [RunningOperation] = []
    var pacer = Pacer()
    var turns = TransferTurns()
    /// The operation that was first to send when chunks were last let go on.
    var lastReleased: UInt64 = 0
    var clients = ClientIdentities()
    var knownBuddies = KnownBuddies()
    /// Those of mailboxes that something was deposited in just now.
    var depositBuddies = KnownBuddies(
        firstLifetime: Limits.depositSearchLifetime, longestLifetime: Limits.depositSearchLifetime)
    var lastSerial: UInt64 = 0

    var bootstrap = Bootstrap()
    var reach = OwnReach()
    var connectivity: Connectivity
    var announcement = Announcement()
    var newcomers = Newcomers()
    var probes = Probes()
    /// Addresses of this machine's own with the port that it listens at, as the driver knows them.
    var candidates: [Endpoint] = []
    var alternates = Alternates()
    var neighbourhood = Neighbourhood()
    var networkSize = NetworkSize()
    var clock: NodeClock
    var path = PathWatch()
    var isJoined = false
    /// What the driver said last of the network that this machine is in.
    var network = NetworkState(routes: .both)

    var work = WorkBudget()
    var deferred: [DeferredReply] = []
    var deliveries = Deliveries()
    var acceptedMailboxes: [MailboxID] = []

    /// Sees every request before it is served, decrypted, and the key that asks. For tests.
    package var tap: ((_ from: PublicKey, _ body: RawSpan) -> Void)?
    /// Answers a request in this node's place: writes the answer's body and returns true. For simulated nodes that run
    /// another program.
    package var substitute: ((_ request: RawSpan, _ answer: inout ByteWriter) -> Bool)?

    /// The outbox's, during a call that has one.
    var scratch = Scratch.none

    /// - Parameters:
    ///   - secret: The node's X25519 static key.
    ///   - store: What was committed before; read during `init` and later.
    ///   - seed: 32 bytes from the system's generator, or in simulations from a seeded one.
    public init(
        secret: SecretKey, configuration: NodeConfiguration, suite: CipherSuite, store: any StoreReader, seed: Bytes32,
        now: Now
    ) {
        self.configuration = configuration
        self.suite = suite
        key = suite.publicKey(of: secret)
        id = key.nodeID
        generator = SecureGenerator(seed: seed)
        table = RoutingTable(own: id, bucketSize: configuration.bucketSize)
        sessions = SessionTable(
            node: secret, mode: configuration.mode, network: configuration.network, suite: suite,
            seed: generator.bytes32())
        self.store = StoreView(base: store)
        buddy = Buddy(suite: suite, own: id, store: self.store, now: now)
        clock = NodeClock(now: now)
        connectivity = Connectivity(now: now.monotonic)
        requests = RequestTable()
        _ = self.store.read(.contacts, Node.clockKey) { clock.restore($0, now: now) }
    }

    // MARK: What the driver drains

    /// Whether `takeWrites` has anything to give.
    public var hasWrites: Bool { store.hasWrites }

    /// What must be committed now, in order, and the ticket to report with `handleCommit` when it is.
    public mutating func takeWrites() -> (writes: [StoreWrite], through: Ticket) { store.takeWrites() }

    /// Reports how the commit of all writes up to and including `ticket` ended; what waited for it is answered now.
    public mutating func handleCommit(
        through ticket: Ticket, _ result: CommitResult, now: Now, into outbox: inout Outbox
    ) {
        swap(&scratch, &outbox.scratch)
        defer { swap(&scratch, &outbox.scratch) }
        let settled = store.settle(through: ticket, result)
        if result != .committed { buddy.observeFailure(result, now: now, store: store) }
        var waiting: [DeferredReply] = []
        swap(&waiting, &deferred)
        for reply in waiting {
            guard reply.ticket <= settled else {
                deferred.append(reply)
                continue
            }
            let response =
                result == .committed
                ? reply.response : .refused(.nodeFull, retryAfterSeconds: Limits.retryAfterNodeFull)
            answer(response, to: reply.header, over: reply.path, now: now, into: &outbox)
        }
    }
}

/// An answer that waits until what it promises is durable.
struct DeferredReply {
    let ticket: Ticket
    let header: RPCHeader
    let path: ReplyPath
    let response: Response
}
