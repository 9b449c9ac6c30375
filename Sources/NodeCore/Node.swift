import Basics
import Cryptography
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
/// It is a coordinator: here is how what one component wants reaches another; the files `Node+…` tell them what happens.
public struct Node {
    let configuration: NodeConfiguration
    let suite: CipherSuite
    /// The hash of `key`: where this node stands in the keyspace.
    public let id: NodeID
    /// The static public key that others know this node by.
    public let key: PublicKey
    var randomness: Randomness
    var store: StoreView
    var link: Link
    var rpc: Rpc
    var routing: Routing
    var joining: Joining
    var reach: Reach
    var operations = OperationPool()
    var serving: Serving
    var clock: NodeClock
    var repair: Repair
    var audits: Audits
    var announcing = Announcing()
    var punching = Punching()
    var moves = Moves()
    /// Sees every request before it is served, decrypted, and the key that asks. For tests.
    package var tap: ((_ from: PublicKey, _ body: RawSpan) -> Void)?
    /// Answers a request in this node's place: writes the answer's body and returns true. For simulated liars.
    package var substitute: ((_ request: RawSpan, _ answer: inout ByteWriter) -> Bool)?
    /// Whether it repairs and audits. False for simulated liars.
    package var repairs = true

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
        randomness = Randomness(seed: seed)
        routing = Routing(own: id, bucketSize: configuration.bucketSize, identities: configuration.identities)
        (joining, rpc) = (Joining(own: id), Rpc(own: id))
        repair = Repair(every: configuration.repairInterval)
        audits = Audits(seed: Blake2b.hash256(seed.array).words.0)
        link = Link(secret: secret, configuration, suite: suite, seed: randomness.bytes32())
        self.store = StoreView(base: store)
        serving = Serving(suite: suite, own: id, store: self.store, now: now)
        clock = NodeClock(now: now)
        reach = Reach(own: id, key, families: configuration.families)
        clock.restore(from: self.store, now: now)
    }

    // MARK: Requests

    /// Asks a node at what endpoint it sees us, and for its time; or, as a check, whether it lives.
    mutating func ping(_ contact: Contact, for owner: RequestOwner = .question, _ turn: inout Turn) {
        _ = rpc.ask(
            .ping, to: contact, at: routing.endpoint(of: contact, in: reach.families), for: owner,
            timeout: routing.timeout(for: contact.id), over: &link, &turn)
    }

    /// How long the answer to a request may take.
    func timeout(for owner: RequestOwner, to node: NodeID) -> Duration {
        operations.timeout(for: owner) ?? routing.timeout(for: node)
    }

    // MARK: Contacts

    /// Sees whether a contact lives, over the session with it if there is one.
    mutating func check(_ contact: Contact, _ turn: inout Turn) {
        if link.serves(contact.id, now: turn.now.monotonic) {
            ping(contact, for: .check, &turn)
        } else if let endpoint = routing.endpointToCheck(of: contact, in: reach.families) {
            greet(contact, at: endpoint, attempt: 1, &turn)
        }
    }

    func isChecking(_ node: NodeID) -> Bool { rpc.isPinging(node) || routing.isGreeting(node) }

    mutating func greet(_ contact: Contact, at endpoint: Endpoint, attempt: Int, _ turn: inout Turn) {
        if let greeting = routing.greeting(for: contact, at: endpoint, attempt: attempt, &turn) {
            send(greeting, &turn)
        }
    }

    mutating func send(_ greeting: Greetings.Greeting, _ turn: inout Turn) {
        let isSent = link.sendHello(greeting.nonce, to: greeting.endpoint, &turn)
        routing.observe(greeting, isSent: isSent, now: turn.now.monotonic)
    }

    mutating func follow(_ directive: RoutingDirective, _ turn: inout Turn) {
        switch directive {
        case .nothing: break
        case .ping(let contact): ping(contact, &turn)
        case .check(let contact): if !isChecking(contact.id) { check(contact, &turn) }
        case .confirm(let contact, let endpoint):
            guard !confirm(contact, at: endpoint, as: .newcomer, &turn) else { return }
            turn.mark(.nobodyConfirmsNewcomer)
            follow(routing.observe(.undecided, of: contact, at: endpoint, now: turn.now), &turn)
        case .added(let contact):
            if joining.observeContact(), !operations.isJoining { searchForSelf(through: [contact], &turn) }
        }
    }

    /// Begins to ask third nodes; false where there is none, or too much is under way.
    mutating func confirm(
        _ subject: Contact, at endpoint: Endpoint, as role: ReachSubject, _ turn: inout Turn
    ) -> Bool {
        let confirmers = routing.confirmers(
            of: subject.id, role, at: endpoint, own: endpoint.isIPv4 ? reach.ipv4 : reach.ipv6,
            hasSession: { Link.hasSession(with: $0, over: &link) }, &turn)
        guard !confirmers.isEmpty else { return false }
        return begin(.confirmation(Confirmation(role, of: subject, at: endpoint, by: confirmers)), &turn)
    }

    // MARK: Operations

    /// Begins an operation; false when as many run as may. `search` is what it begins with, if anything.
    mutating func begin(_ operation: Operation, search: Search? = nil, _ turn: inout Turn) -> Bool {
        if let trailing = operations.concludeTrailing() { run(trailing, &turn) }
        guard !turn.buggifies(.operationsFull),
            let serial = operations.begin(operation, search, now: turn.now.monotonic)
        else {
            turn.mark(.operationsFull)
            return false
        }
        run(serial, &turn)
        return true
    }

    /// Lets an operation go on until it waits or ends, and then those whose turn has come as a result.
    mutating func run(_ serial: UInt64, _ turn: inout Turn) {
        runAlone(serial, &turn)
        runWoken(&turn)
    }

    /// Lets those operations go on whose turn has come.
    mutating func runWoken(_ turn: inout Turn) {
        while let woken = operations.nextWoken() { runAlone(woken, &turn) }
    }

    private mutating func runAlone(_ serial: UInt64, _ turn: inout Turn) {
        while true {
            let maySend = rpc.maySendChunk(now: turn.now.monotonic) && !turn.buggifies(.chunkHeld)
            switch operations.next(serial, maySend: maySend, &turn) {
            case .ask(let contact, let request, let token, let identity, let payload):
                ask(request, to: contact, token, for: serial, as: identity, payload: payload, &turn)
            case .challenge(let contact, let attempt, let identity):
                if let binding = link.channelBinding(as: identity, with: contact.id) {
                    operations.challenge(serial, attempt: attempt, contact, binding: binding, &turn)
                } else {
                    let token = RequestToken.question(.session, attempt: attempt)
                    ask(.ping, to: contact, token, for: serial, as: identity, payload: [], &turn)
                }
            case .compare(let scope):
                operations.compare(serial, serving.items(in: scope, store: store), now: turn.now.monotonic)
            case .spread(let region):
                operations.spread(
                    serial, to: routing.points(of: region, families: reach.families, &turn), own: id, turn.now)
            case .keep(let thing, let holder):
                let refusal = serving.keep(thing, from: holder, now: turn.now, store: &store)
                turn.mark(repair.observeKept(refusal))
                announcing.observeRepaired(thing, refusal, store.lastTicket)
            case .wait(let isHeld, let hasFound):
                if isHeld { rpc.observeHeldChunk() }
                if hasFound { join(&turn) }
                return
            case .ended(let result): return follow(result, of: serial, &turn)
            case .gone: return
            }
        }
    }

    private mutating func ask(
        _ request: Request, to contact: Contact, _ token: RequestToken, for serial: UInt64, as identity: IdentityID,
        payload: [UInt8], _ turn: inout Turn
    ) {
        let owner = RequestOwner.operation(serial, token)
        let isSent = rpc.ask(
            request, to: contact, at: routing.endpoint(of: contact, in: reach.families), as: identity,
            payload: payload, for: owner, timeout: timeout(for: owner, to: contact.id), over: &link, &turn)
        if !isSent { _ = operations.observe(.final, of: token, of: serial) }
    }

    /// An operation has ended by itself: the caller runs those whose turn has come as a result.
    mutating func follow(_ result: OperationResult, of serial: UInt64, _ turn: inout Turn) {
        rpc.abandonRequests(of: serial)
        let now = turn.now.monotonic
        switch result {
        case .repaired(let outcome, let partner):
            repair.observe(outcome, with: partner, randomness: turn.randomness.next(), now: now)
            audits.observeClaims(of: outcome.claimed, by: partner, now: now)
        case .brought(let state, let envelope):
            repair.observeBrought(state, now: now)
            audits.observeBrought(state == .done ? envelope : nil, now: now)
        case .broughtAgain(let envelope, let isKept):
            audits.observeBroughtAgain(envelope, isKept: isKept, patience: repair.tombstonePatience, now: now)
        case .audited(let audit, let response): audits.observe(response, to: audit)
        case .answered(let request):
            announcing.follow(request, &turn)
            if let answer = punching.follow(request, over: link.path(as: .node, with: request.node.id)) {
                link.answer(answer, &turn)
            }
        case .found(.join, _): if routing.hasLiveContact { join(&turn) }
        case .found(.exploration, let search):
            joining.observe(found: search.closest.map(\.id), wanted: search.lookup.wanted, to: search.lookup.target)
        case .found, .nothing, .collected, .deposited: break
        case .record(let record, let location, let lacking, let identity):
            if !lacking.isEmpty { turn.mark(.readRepairs) }
            handOver(record, at: location, to: lacking.filter { !audits.isLeftOut($0.id) }, as: identity, &turn)
        case .confirmed(let verdict, .asker, _, let endpoint): reach.observePassed(verdict, at: endpoint)
        case .confirmed(let verdict, .own, _, let endpoint):
            reach.observe(verdict, at: endpoint, &turn)
            followReach(&turn)
        case .confirmed(let verdict, .newcomer, let subject, let endpoint):
            if verdict != .reached { turn.mark(verdict.isDenial ? .newcomerDenied : .newcomerUndecided) }
            follow(routing.observe(verdict, of: subject, at: endpoint, now: turn.now), &turn)
        }
    }

    /// Brings a record to nodes. If nothing more can be begun now, the next node that comes across it will do it.
    mutating func handOver(
        _ record: [UInt8], at location: Location, to nodes: [Contact], as identity: IdentityID, _ turn: inout Turn
    ) {
        guard !nodes.isEmpty else { return }
        let upload = Upload(
            goal: .handOver, identity: identity, location: location, object: Blake2b.hash256(record), payload: record,
            recipients: nodes)
        _ = begin(.upload(upload), &turn)
    }

    /// A search that begins with these contacts, or the closest of the routing table.
    func search(for target: Bytes32, from seeds: [Contact]? = nil, count: Int? = nil, now: Now) -> Search {
        let (count, families) = (count ?? configuration.bucketSize, reach.families)
        return Search(
            target: target, own: id, seeds: seeds ?? routing.closest(to: target, count: count, families: families),
            isSilent: { seeds == nil && routing.isSilent($0) }, count: count, families: families, now: now)
    }

    /// Begins a search of the node's own, where as many operations as may be don't run yet.
    mutating func find(_ role: Find.Role, _ search: Search, _ turn: inout Turn) {
        _ = begin(.find(Find(role: role, identity: .node)), search: search, &turn)
    }

    /// Looks for its own ID, and so joins, through contacts that it was told of or has just met.
    mutating func searchForSelf(through seeds: [Contact], _ turn: inout Turn) {
        guard !seeds.isEmpty else { return }
        if let serial = operations.addToJoin(seeds) { return run(serial, &turn) }
        find(.join, search(for: id.bytes, from: seeds, now: turn.now), &turn)
    }

    /// The node has found its network: it asks neighbours at what endpoint they see it, and gets to know the rest.
    mutating func join(_ turn: inout Turn) {
        guard joining.join(&turn) else { return }
        turn.tell(.joined)
        for contact in routing.observers { ping(contact, &turn) }
        refreshBuckets(isNew: true, &turn)
    }

    mutating func refreshBuckets(isNew: Bool, _ turn: inout Turn) {
        while let due = routing.nextRefresh(isNew: isNew, &turn) {
            find(due.isFar ? .exploration : .refresh, search(for: due.target, count: due.count, now: turn.now), &turn)
        }
    }

    mutating func followReach(_ turn: inout Turn) {
        while let directive = reach.nextDirective(in: surroundings, now: turn.now.monotonic) {
            switch directive {
            case .become(let mode):
                turn.mark(mode == .server ? .becameServer : .becameClient)
                link.become(mode)
                if mode == .server { find(.refresh, search(for: id.bytes, now: turn.now), &turn) }
            case .tell(let ipv4, let ipv6):
                if ipv4 == nil, ipv6 == nil { turn.mark(.toldUnreachable) }
                turn.tell(reach.own(at: ipv4, ipv6).map { .reachable(at: $0) } ?? .unreachable)
            }
        }
        link.setOwnEndpoints(ipv4: reach.ipv4, ipv6: reach.ipv6, hidden: reach.hidden)
        if punching.observe(seenAt: reach.ipv4, reach.ipv6) { punching.observe(reach.place, &turn) }
    }
}
