import Basics
import Cryptography
import Exchange
import NodeCore
import Sessions
import Station
import Storage
import Wire

/// One real node among others that play a part: they keep sessions as they should, and answer as they were told.
struct Stage {
    /// A node that plays a part.
    struct Part {
        let key: PublicKey
        let endpoint: Endpoint
        /// What it says when it is asked to confirm somebody.
        var verdict: Response
        /// Where it says it is besides, in the handshakes that it answers.
        var alternate: Endpoint? {
            get { sessions.ownEndpoints.ipv6 }
            set { sessions.ownEndpoints.ipv6 = newValue }
        }
        /// The keys of the nodes that it was asked to confirm.
        fileprivate(set) var subjects: [PublicKey] = []
        var confirms: Int { subjects.count }
        /// The questions of nodes about themselves that were passed on to it.
        fileprivate(set) var passed = 0
        /// The answers that it got, by request ID.
        fileprivate(set) var answers: [UInt32: Response] = [:]
        /// The bodies that these are in.
        fileprivate(set) var bodies: [UInt32: [UInt8]] = [:]
        fileprivate let secret: SecretKey
        fileprivate var sessions: SessionTable

        /// Whether somebody has opened a session with it, or it with somebody.
        var hasSession: Bool { sessions.counts.sessions > 0 }
    }

    private let station: Station
    var node: Node { station.node }
    let endpoint = Endpoint(ipv4: 0x0808_0808, port: 7_337)
    private(set) var parts: [Part] = []
    /// What the node sent from its second port.
    private(set) var probes: [Endpoint] = []
    /// What it sent to where no part is.
    private(set) var strays: [(to: Endpoint, at: Instant)] = []
    private(set) var clock = Instant.origin
    /// Where the node is reached by dials of the parts; nil: they say what they were told.
    var openings: Set<Endpoint>?
    /// Where parts see the node.
    var seenAt = Endpoint(ipv4: 0x0808_0808, port: 7_337)
    /// Where the parts' datagrams come from, if not from where they are.
    var source: Endpoint?
    /// Parts that get nothing any more.
    var deaf: Set<Int> = []
    /// Initiations that the node has sent to each part.
    private(set) var initiations: [Int: Int] = [:]
    /// The endpoints about which the node has asked for itself.
    private(set) var own: [Endpoint] = []
    /// Whether nothing that the node writes becomes durable at present.
    var isDiskStalled = false
    /// Whether parts answer what the node sends from its second port.
    var answersProbes = false
    private let disk = MemoryStore()
    private var effects = Station.Effects()
    private var counted: [Int: Int] = [:]
    private var generator: SeededGenerator
    private var lastRequest: UInt32 = 0

    private var now: Now {
        Now(monotonic: clock, utc: UnixTime(seconds: 1_790_000_000 + clock.sinceOrigin.components.seconds))
    }

    /// The node has joined through `servers` parts, each in an address block of its own unless `endpoint` says something
    /// else, and has them in its table. `areKnown`: it was given their keys. `alternate`: where they say they are besides, each
    /// at a port of its own.
    init(
        servers: Int, seed: UInt64, areKnown: Bool = true, families: AddressFamilies = .ipv4,
        stating alternate: Endpoint? = nil, endpoint: ((Int) -> Endpoint)? = nil
    ) {
        print("story seed \(seed)")
        generator = SeededGenerator(seed: seed)
        station = Station(
            node: Node(
                secret: SecretKey(generator.bytes32()),
                configuration: NodeConfiguration(network: "story", families: families), suite: .cheap, store: disk,
                seed: generator.bytes32(), now: Now(monotonic: .origin, utc: UnixTime(seconds: 1_790_000_000))))
        for number in 0..<servers {
            let part = addPart(at: endpoint?(number))
            parts[part].alternate = alternate.map { $0.with(port: $0.port + UInt16(part)) }
        }
        let peers = parts.map { areKnown ? BootstrapPeer.known($0.key, $0.endpoint) : .unknown($0.endpoint) }
        station.join(through: peers, now: now, into: &effects)
        run(for: .seconds(5))
    }

    /// Somebody comes on, who does nothing by themselves.
    mutating func addPart(at endpoint: Endpoint? = nil, as mode: NodeMode = .server) -> Int {
        let secret = SecretKey(generator.bytes32())
        let key = CipherSuite.cheap.publicKey(of: secret)
        parts.append(
            Part(
                key: key, endpoint: endpoint ?? Endpoint(ipv4: 0x2000_0001 + UInt32(parts.count) << 8, port: 7_337),
                verdict: .refused(.notFound, retryAfterSeconds: 0), secret: secret,
                sessions: SessionTable(
                    node: secret, mode: mode, network: "story", suite: .cheap, seed: generator.bytes32())))
        return parts.count - 1
    }

    /// A part forgets its sessions, as if its program had been started again.
    mutating func restart(_ part: Int) {
        parts[part].sessions = SessionTable(
            node: parts[part].secret, mode: .server, network: "story", suite: .cheap, seed: generator.bytes32())
    }

    /// Gives the node a command; what it sends leaves when time goes on.
    mutating func handle(_ command: NodeCommand, id: CommandID) {
        station.command(command, id: id, now: now, into: &effects)
    }

    /// The node's machine is in another network, where a router may be asked to open a way.
    mutating func changeNetwork(expectsMapping: Bool) {
        station.networkChanged(to: NetworkState(routes: .ipv4), now: now, into: &effects)
        if expectsMapping { station.expectMapping(now: now, into: &effects) }
        own = []
    }

    /// A router says that it has opened a way, or nothing any more.
    mutating func map(_ endpoint: Endpoint?) {
        station.observeMapping(to: endpoint, now: now, into: &effects)
        own = []
    }

    /// How many times the node has counted something so far.
    mutating func count(of event: Activity.Event) -> Int {
        effects.node.activity.drain(count: { counted[$0, default: 0] += $1 }, sample: { _ in })
        return counted[Activity.place(of: event)] ?? 0
    }

    mutating func setVerdict(_ verdict: Response, of part: Int) { parts[part].verdict = verdict }

    /// How often the others were asked to confirm a part.
    func confirms(of part: Int) -> Int {
        parts.reduce(0) { sum, other in sum + other.subjects.count { $0 == parts[part].key } }
    }

    func knows(_ part: Int) -> Bool {
        var found = false
        node.forEachContact { if $0.contact.key == parts[part].key { found = true } }
        return found
    }

    /// A part asks the node something; the ID under which its answer will be found.
    @discardableResult
    mutating func ask(_ request: Request, payload: [UInt8] = [], from part: Int) -> UInt32 {
        lastRequest += 1
        var body = ByteWriter(capacity: Limits.bodySize)
        request.encode(requestID: lastRequest, payload: payload.span.bytes, into: &body)
        var queue = DatagramQueue(capacity: 4)
        _ = parts[part].sessions.sendRequest(
            body.bytes.span.bytes, kind: .request(.ping), requestID: lastRequest, as: .node, to: node.key, id: node.id,
            over: .direct(endpoint),
            now: clock, into: &queue)
        bring(queue, from: part)
        exchange()
        return lastRequest
    }

    /// The answer that a part gets at once; nil where it gets none.
    mutating func answer(to request: Request, from part: Int) -> Response? {
        let question = ask(request, from: part)
        return parts[part].answers[question]
    }

    /// A part asks the node for its key by a hello.
    mutating func greet(from part: Int) {
        var queue = DatagramQueue(capacity: 1)
        _ = parts[part].sessions.sendHello(nonce: generator.next(), to: endpoint, now: clock, into: &queue)
        bring(queue, from: part)
        exchange()
    }

    /// Lets time pass; what is sent arrives at once.
    mutating func run(for duration: Duration) {
        let end = clock + duration
        repeat {
            exchange()
            clock = min(max(station.nextDeadline ?? end, clock + .milliseconds(1)), end)
            station.handleDeadline(now: now, into: &effects)
        } while clock < end
        exchange()
    }

    private mutating func exchange() {
        while true {
            let batches = isDiskStalled ? [] : station.takeWrites()
            for batch in batches {
                disk.commit(batch.writes)
                let report = CommitReport(owner: batch.owner, through: batch.through, result: .committed)
                station.handleCommit(report, now: now, into: &effects)
            }
            if batches.isEmpty, effects.node.datagrams.isEmpty, effects.node.probes.isEmpty { return }
            var sent: [(to: Endpoint, bytes: [UInt8])] = []
            func take(_ path: Path, _ bytes: UnsafeRawBufferPointer) { sent.append((path.endpoint, [UInt8](bytes))) }
            effects.node.probes.forEach(take)
            probes += sent.map(\.to)
            for hello in sent where answersProbes { answerProbe(hello.bytes, to: hello.to) }
            for hello in sent where !parts.contains(where: { $0.endpoint == hello.to }) {
                strays.append((hello.to, clock))
            }
            sent = []
            effects.node.datagrams.forEach(take)
            effects.node.probes.removeAll()
            effects.node.datagrams.removeAll()
            for datagram in sent {
                guard let part = parts.firstIndex(where: { $0.endpoint == datagram.to }) else {
                    strays.append((datagram.to, clock))
                    continue
                }
                receive(datagram.bytes, at: part)
            }
        }
    }

    private mutating func answerProbe(_ hello: [UInt8], to endpoint: Endpoint) {
        guard let part = parts.firstIndex(where: { $0.endpoint == endpoint }) else { return }
        var queue = DatagramQueue(capacity: 4)
        var plaintext = ByteWriter(capacity: Limits.datagramSize)
        _ = parts[part].sessions.receive(
            hello.span.bytes, over: .direct(self.endpoint), now: clock, plaintext: &plaintext, into: &queue)
        var answers: [[UInt8]] = []
        func take(_: Path, _ bytes: UnsafeRawBufferPointer) { answers.append([UInt8](bytes)) }
        queue.forEach(take)
        for answer in answers { station.receiveProbe(answer.span.bytes, from: endpoint, now: now, into: &effects) }
    }

    private mutating func receive(_ datagram: [UInt8], at part: Int) {
        if datagram.first == DatagramKind.initiation.rawValue { initiations[part, default: 0] += 1 }
        guard !deaf.contains(part) else { return }
        var queue = DatagramQueue(capacity: 4)
        var plaintext = ByteWriter(capacity: Limits.datagramSize)
        let received = parts[part].sessions.receive(
            datagram.span.bytes, over: .direct(endpoint), now: clock, plaintext: &plaintext, into: &queue)
        let body = plaintext.bytes
        switch received {
        case .request(_, let carrier, _):
            guard let (header, request) = try? Request.decode(body.span.bytes) else { break }
            var answer = ByteWriter(capacity: Limits.bodySize)
            response(to: request, of: part).encode(answering: header, into: &answer)
            _ = parts[part].sessions.reply(answer.bytes.span.bytes, as: .other, over: carrier, now: clock, into: &queue)
        case .response, .established(_, response: _?):
            guard let (header, response) = try? Response.decode(body.span.bytes) else { break }
            parts[part].answers[header.requestID] = response
            parts[part].bodies[header.requestID] = body
        default: break
        }
        bring(queue, from: part)
    }

    private mutating func response(to request: Request, of part: Int) -> Response {
        switch request {
        case .ping: return .pong(observed: seenAt, time: now.utc)
        case .findNode: return .contacts(ByteRange(offset: 0, count: 0))
        case .confirm(let key, let place, let asStranger):
            parts[part].subjects.append(key)
            if asStranger { parts[part].passed += 1 }
            if key == node.key { own.append(place) }
            if let openings { return openings.contains(place) ? .reached : .refused(.notFound, retryAfterSeconds: 0) }
            return parts[part].verdict
        default: return .refused(.unknownRPC, retryAfterSeconds: 0)
        }
    }

    private mutating func bring(_ queue: DatagramQueue, from part: Int) {
        var sent: [[UInt8]] = []
        func take(_: Path, _ bytes: UnsafeRawBufferPointer) { sent.append([UInt8](bytes)) }
        queue.forEach(take)
        for datagram in sent {
            station.receive(datagram.span.bytes, from: source ?? parts[part].endpoint, now: now, into: &effects)
        }
    }

    /// A part sends the node a body over their session, which comes from `place`. What the node sends at once, as the part reads it.
    mutating func exchange(_ body: [UInt8], from part: Int, at place: Endpoint) -> [(to: Endpoint, body: [UInt8])] {
        var queue = DatagramQueue(capacity: 4)
        lastRequest += 1
        _ = parts[part].sessions.sendRequest(
            body.span.bytes, kind: .request(.ping), requestID: lastRequest, as: .node, to: node.key, id: node.id,
            over: .direct(endpoint), now: clock, into: &queue)
        source = place
        bring(queue, from: part)
        source = nil
        var sent: [(to: Endpoint, bytes: [UInt8])] = []
        func take(_ path: Path, _ bytes: UnsafeRawBufferPointer) { sent.append((path.endpoint, [UInt8](bytes))) }
        effects.node.datagrams.forEach(take)
        effects.node.datagrams.removeAll()
        var plaintext = ByteWriter(capacity: Limits.datagramSize)
        return sent.map { datagram in
            _ = parts[part].sessions.receive(
                datagram.bytes.span.bytes, over: .direct(endpoint), now: clock, plaintext: &plaintext, into: &queue)
            return (datagram.to, plaintext.bytes)
        }
    }
}
