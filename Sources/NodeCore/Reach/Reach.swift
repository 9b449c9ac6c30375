import Basics
import Cryptography
import Exchange
import Sessions
import Wire

/// Which ways lead from this node to others and from others to it.
///
/// It is told what the driver knows of the network, what comes and what stays silent, what others say of where they see this
/// node, and what its own dials find. What follows for the node it returns, or gives as directives of `OwnReach`.
struct Reach {
    private let id: NodeID
    private let key: PublicKey
    /// What the sockets can send over.
    private let configured: AddressFamilies
    /// What the driver said last of the network that this machine is in.
    private var network = NetworkState(routes: .both)
    /// Addresses of this machine's own with the port that it listens at, as the driver knows them.
    private var candidates: [Endpoint] = []
    /// Families in which a bootstrap peer is on this machine: the loopback needs no route.
    private var loopback: AddressFamilies = []
    private var own = OwnReach()
    private var connectivity = Connectivity()
    private var probes = Probes()
    private var heard = AddressesHeard()

    init(own id: NodeID, _ key: PublicKey, families: AddressFamilies) {
        self.id = id
        self.key = key
        configured = families
    }

    // MARK: Ways out

    /// What this node can send over: what its sockets can, and there is a route for.
    var families: AddressFamilies {
        let routed = configured.intersection(network.routes.union(loopback))
        // The driver's view of the routes may be wrong: if it says that there are none, sending finds out.
        return routed.isEmpty ? configured : routed
    }

    /// Of the machine's own addresses those for which there is a route.
    var usableCandidates: [Endpoint] {
        let families = families
        return candidates.filter { families.contains($0.family) }
    }

    /// Bootstrap peers in these families are on this machine.
    mutating func addLoopback(_ families: AddressFamilies) { loopback.formUnion(families) }

    /// The driver says what network this machine is in.
    mutating func networkChanged(to state: NetworkState) {
        network = state
        if let new = state.candidates { candidates = new }
        if !state.routes.isEmpty { connectivity.recordRestart() }
    }

    /// All that had failed starts over: others may see this node elsewhere now, and may find something else.
    mutating func startOver(now: Instant) { own.networkChanged(now: now) }

    /// Something authentic has come from another node. So there is a way to it, whatever the driver could tell. Returns
    /// true if the network is back by this after an outage.
    mutating func observeArrival(from endpoint: Endpoint, now: Instant) -> Bool {
        if !endpoint.isLoopback { network.routes.formUnion(endpoint.family) }
        return connectivity.recordHeard(now: now) == .returned
    }

    /// Whether silence at an endpoint says something about the node there: not if this machine has no way there.
    func isEvidence(silenceAt endpoint: Endpoint) -> Bool {
        endpoint.isLoopback || network.routes.contains(endpoint.family)
    }

    /// An answer to a request is overdue.
    mutating func observeOverdue() { connectivity.recordOverdue() }

    /// A contact has stayed silent.
    mutating func observeSilence(now: Instant) { connectivity.recordSilence(now: now) }

    /// Whom to ask now whether the network is there.
    mutating func nextProbe(now: Instant) -> Connectivity.Probe { connectivity.takeProbe(now: now) }

    // MARK: Where others see and reach this node

    /// At what endpoint of each family most observers see this node.
    var ipv4: Endpoint? { own.ipv4 }
    var ipv6: Endpoint? { own.ipv6 }
    /// The families in which others see this node where they don't reach it.
    var hidden: AddressFamilies { own.hidden }
    /// Whether others reach this node somewhere; nil while that is open.
    var isReached: Bool? { own.isReached }

    /// This node at these endpoints; nil where there are none.
    func own(at ipv4: Endpoint?, _ ipv6: Endpoint?) -> Contact? {
        ipv4 == nil && ipv6 == nil ? nil : Contact(id: id, key: key, ipv4: ipv4, ipv6: ipv6)
    }

    /// Where this node may be found.
    var place: OwnPlace {
        OwnPlace(key: key, observed: [own.ipv4, own.ipv6].compactMap(\.self), local: usableCandidates)
    }

    /// What third nodes found of the endpoint that a router has mapped; nil while that is open, or there is none.
    var isMappedReached: Bool? { own.isMappedReached }

    /// Whether any observer has said how this node is seen over a family.
    func isSeen(over family: AddressFamilies) -> Bool { own.isSeen(over: family) }

    /// An observer at an address sees this node at `endpoint`. `isOnly`: no other node could be asked.
    mutating func observe(
        _ endpoint: Endpoint, by observer: NodeID, at address: Endpoint, isOnly: Bool, now: Instant
    ) {
        own.observe(endpoint, by: observer, at: address, isOnly: isOnly, now: now)
    }

    /// A router says that what comes to an endpoint is passed on to this node; nil: no longer.
    mutating func observeMapping(to endpoint: Endpoint?, now: Instant) { own.observeMapping(to: endpoint, now: now) }

    /// A router has been asked to pass on what comes to it.
    mutating func expectMapping(now: Instant) { own.expectMapping(now: now) }

    /// Others have seen and reached this node at an endpoint for hours.
    mutating func establish(at endpoint: Endpoint, seenBy observers: [Contact], _ turn: inout Turn) {
        own.establish(at: endpoint, seenBy: observers, &turn)
    }

    /// Third nodes have said whether they reach this node at an endpoint.
    mutating func observe(_ verdict: ReachVerdict, at endpoint: Endpoint, _ turn: inout Turn) {
        if verdict.isDenial { turn.mark(.ownReachDenied) }
        own.observe(verdict, at: endpoint, now: turn.now.monotonic)
    }

    /// Whether it is open whether third nodes reach this node at an endpoint.
    func isOpen(at endpoint: Endpoint) -> Bool { own.isOpen(at: endpoint) }

    /// No third node could be asked about an endpoint.
    mutating func couldNotAsk(at endpoint: Endpoint, now: Instant) { own.couldNotAsk(at: endpoint, now: now) }

    /// No contact answers any more: what third nodes found may be otherwise where the network comes back.
    mutating func observeLoss(now: Instant) { own.networkLost(now: now) }

    /// Whether what was told after a change of network stands no longer from now on.
    mutating func endHold(now: Instant) -> Bool { own.endHold(now: now) }

    /// The endpoints about which third nodes are to be asked now.
    mutating func nextChecks(in surroundings: OwnReach.Surroundings, _ turn: inout Turn) -> [Endpoint] {
        own.takeChecks(in: surroundings, &turn)
    }

    /// The next directive after a fact; nil where nothing follows from it.
    mutating func nextDirective(in surroundings: OwnReach.Surroundings, now: Instant) -> OwnReach.Directive? {
        own.nextDirective(in: surroundings, now: now)
    }

    // MARK: Dials for others

    /// How long a node is asked again about one dial: three and a half seconds, and what gets lost.
    private static let questionTime = Duration.seconds(5)

    /// What follows from a question whether a node is reached.
    enum DialBack {
        case answer(Response)
        /// A dial first, which takes a moment.
        case dial
        /// Another node is to dial: this one reaches it, but perhaps only because it has contacted this one.
        case pass
    }

    /// A requester asks whether a node with a key can be reached at an endpoint. `asStranger`: that it answers counts only if
    /// nothing had come from there lately. `isContact`: whether checks have shown that it answers there.
    func dialBack(
        _ key: PublicKey, at endpoint: Endpoint, asStranger: Bool, for asker: SessionInfo,
        isContact: @autoclosure () -> Bool, now: Instant
    ) -> DialBack {
        guard mayDial(endpoint, for: asker.endpoint) else {
            return .answer(.refused(.invalid, retryAfterSeconds: 0))
        }
        // Behind a NAT of our own we can't know which nodes tried to reach us without success: what they sent lets our
        // datagrams in.
        let isOwn = key.nodeID == asker.remoteID
        if !isOwn, !asStranger, own.isReachedWhereSeen == true, isContact() { return .answer(.reached) }
        let next: DialBack
        switch probes.finding(at: endpoint, now: now) {
        case .answered(key, let isUnprompted):
            if isUnprompted || !(isOwn || asStranger) { return .answer(.reached) }
            // Not only without a dial: who asks would learn of everybody whether they had sent something.
            if asStranger { return .answer(.refused(.busy, retryAfterSeconds: Limits.retryAfterBusy)) }
            switch probes.passed(endpoint, now: now) {
            case .reached, .unanswered: return .answer(.reached)
            case .denied:
                return .answer(denial(at: endpoint, isOwn: isOwn, asStranger: asStranger, for: asker, now: now))
            case .underWay: return .answer(.refused(.busy, retryAfterSeconds: 0))
            case nil: next = .pass
            }
        case .answered, .silent:
            return .answer(denial(at: endpoint, isOwn: isOwn, asStranger: asStranger, for: asker, now: now))
        case .underWay: return .answer(.refused(.busy, retryAfterSeconds: 0))
        case .unknown: next = .dial
        }
        // An initiation may be a replay; by the next question its sender has proved its address.
        return asker.isProven ? next : .answer(.refused(.busy, retryAfterSeconds: 0))
    }

    /// What is said of a node that a dial hasn't reached. A dial from before tells of a time at which the node may have been away:
    /// before it came itself, or before the node that asks about it reached it. That can't be said then.
    private func denial(
        at endpoint: Endpoint, isOwn: Bool, asStranger: Bool, for asker: SessionInfo, now: Instant
    ) -> Response {
        guard let began = probes.began(at: endpoint, now: now) else {
            return .refused(.busy, retryAfterSeconds: Limits.retryAfterBusy)
        }
        let isOfNow =
            isOwn
            ? asker.establishedAt.map { $0 <= began } ?? false
            : !asStranger || now - began < Reach.questionTime
        return isOfNow
            ? .refused(.notFound, retryAfterSeconds: 0)
            : .refused(.busy, retryAfterSeconds: Limits.retryAfterBusy)
    }

    /// A session has followed its other side to an endpoint. That a dial there found nobody was before, and says nothing of it.
    mutating func observeMove(to endpoint: Endpoint) { probes.forgetSilent(at: endpoint) }

    /// A requester from farther away can't make this node dial addresses near it.
    private func mayDial(_ endpoint: Endpoint, for asker: Endpoint) -> Bool {
        families.contains(endpoint.family) && endpoint.scope >= asker.scope
    }

    /// What is known of an endpoint from dials.
    func finding(at endpoint: Endpoint, now: Instant) -> DialFinding { probes.finding(at: endpoint, now: now) }

    /// Begins a dial, unless there have been enough; false then. `own`: the key of the node that asks about itself, if that
    /// is who asks; `hasHeard`: whether something came from there over a session lately.
    mutating func beginDial(
        to endpoint: Endpoint, for asker: Endpoint, about own: PublicKey?, hasHeard: Bool, nonce: UInt64, now: Instant
    ) -> Bool {
        let isUnprompted = !hasHeard && !heard.mayContain(endpoint, now: now)
        let cause = DialCause(block: .block(of: asker), own: own, isUnprompted: isUnprompted)
        return probes.begin(endpoint, because: cause, nonce: nonce, now: now)
    }

    /// Something came from an endpoint outside of any session, and shows nothing but that.
    mutating func observeUnproven(from endpoint: Endpoint, now: Instant) { heard.observe(endpoint, now: now) }

    /// An answer came to the second port. Returns how often its question was sent, or nil where it doesn't count; and whether
    /// another node is to be asked now.
    mutating func observeDialAnswer(
        _ answer: HelloAnswer, from endpoint: Endpoint, now: Instant
    ) -> (sends: Int, isToPass: Bool)? {
        heard.observe(endpoint, now: now)
        return probes.observeAnswer(answer.nonce, answer.key, from: endpoint)
    }

    /// Another node is to be asked about an endpoint that was dialled; false where the maximum is under way.
    mutating func beginPassing(_ endpoint: Endpoint, now: Instant) -> Bool { probes.pass(endpoint, now: now) }

    /// Another node has said whether it reaches an endpoint, or nobody could be asked.
    mutating func observePassed(_ verdict: ReachVerdict, at endpoint: Endpoint) {
        probes.observe(verdict, at: endpoint)
    }

    /// A dial that is to be repeated now; called until nil.
    mutating func nextRepeatedDial(now: Instant) -> (nonce: UInt64, endpoint: Endpoint)? {
        probes.takeRepetition(now: now)
    }

    // MARK: Timers

    /// When third nodes are to be asked next whether they reach this node.
    func nextCheck(in surroundings: OwnReach.Surroundings) -> Instant? { own.nextCheck(in: surroundings) }
    /// When what the person's side was told after a change of network stands no longer.
    var heldUntil: Instant? { own.heldUntil }
    /// When a dial is to be repeated.
    var nextRepetition: Instant? { probes.nextDeadline }
    /// When a node is to be asked whether the network is there.
    var nextQuestion: Instant? { connectivity.nextProbe }
}
