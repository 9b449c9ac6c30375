import Basics
import Cryptography

/// Where others see and reach this node, and what follows from that for how it takes part.
///
/// It is told what observers and third nodes say, and then asked for directives until there are none.
struct OwnReach: Sendable {
    /// What is to be known of the rest of the node.
    struct Surroundings {
        /// How the node takes part now, and how it is to take part where it is reached.
        let mode: NodeMode
        let configured: NodeMode
        let isJoined: Bool
        /// Servers in the routing table.
        let servers: Int

        /// Whether so many servers are known that third nodes can be asked.
        var hasThirdNodes: Bool { servers >= Limits.serversBeforeConfirmation }
    }

    /// What the node is to do.
    enum Directive {
        /// Take part in this way from now on.
        case become(NodeMode)
        /// Tell the person's side where others reach this node: nowhere, where both are nil.
        case tell(ipv4: Endpoint?, ipv6: Endpoint?)
    }

    private var reachability = Reachability()
    private var told = ToldReach()
    /// Whether anything was said since it was last considered how the node takes part.
    private var hasNews = false

    /// At what endpoint of each family most observers see this node.
    var ipv4: Endpoint? { reachability.ipv4?.endpoint }
    var ipv6: Endpoint? { reachability.ipv6?.endpoint }
    /// Whether others reach this node somewhere; nil while that is open.
    var isReached: Bool? { reachability.isReached }
    /// Whether others reach this node where they see it; nil while that is open.
    var isReachedWhereSeen: Bool? { reachability.isReachedWhereSeen }
    /// Until when what the person's side was told stands after a change of network.
    var heldUntil: Instant? { told.heldUntil }

    /// Whether any observer has said how this node is seen over a family.
    func isSeen(over family: AddressFamilies) -> Bool { reachability.view(of: family) != nil }

    /// Whether it is open whether third nodes reach this node at an endpoint.
    func isOpen(at endpoint: Endpoint) -> Bool { reachability.isOpen(at: endpoint) }

    /// What third nodes found of the endpoint that a router has mapped; nil while that is open, or there is none.
    var isMappedReached: Bool? { reachability.isMappedReached }

    /// The families in which others see this node where they don't reach it.
    var hidden: AddressFamilies {
        var hidden: AddressFamilies = []
        if reachability.ipv4?.isReached == false { hidden.insert(.ipv4) }
        if reachability.ipv6?.isReached == false { hidden.insert(.ipv6) }
        return hidden
    }

    // MARK: Facts

    /// An observer at an address sees this node at `endpoint`. `isOnly`: no other node could be asked.
    mutating func observe(
        _ endpoint: Endpoint, by observer: NodeID, at address: Endpoint, isOnly: Bool, now: Instant
    ) {
        reachability.observe(endpoint, by: observer, at: address, isOnly: isOnly, now: now)
        hasNews = true
    }

    /// Third nodes have said whether they reach this node at an endpoint.
    mutating func observe(_ verdict: ReachVerdict, at endpoint: Endpoint, now: Instant) {
        reachability.observe(verdict, at: endpoint, now: now)
        hasNews = true
    }

    /// A router says that what comes to an endpoint is passed on to this node; nil: no longer.
    mutating func observeMapping(to endpoint: Endpoint?, now: Instant) {
        reachability.observeMapping(to: endpoint, now: now)
        hasNews = true
    }

    /// A router has been asked to pass on what comes to it.
    mutating func expectMapping(now: Instant) { reachability.expectMapping(now: now) }

    /// Others have seen and reached this node at an endpoint for hours.
    mutating func establish(at endpoint: Endpoint, seenBy observers: [Contact], _ turn: inout Turn) {
        let observed = observers.compactMap { contact in contact.endpoint(in: .both).map { (contact.id, $0) } }
        reachability.establish(
            at: endpoint, seenBy: observed, now: turn.now.monotonic, randomness: turn.randomness.next())
        hasNews = true
    }

    /// No third node could be asked about an endpoint.
    mutating func couldNotAsk(at endpoint: Endpoint, now: Instant) {
        reachability.observe(.undecided, at: endpoint, now: now)
    }

    /// This node is in another network: whatever was seen and found may be otherwise now.
    mutating func networkChanged(now: Instant) {
        told.hold(now: now)
        reachability.startOver()
    }

    /// No contact answers any more: what third nodes found may be otherwise where the network comes back.
    mutating func networkLost(now: Instant) { reachability.forgetFindings(now: now) }

    /// Time has passed; true where what was told after a change of network stands no longer from now on.
    mutating func endHold(now: Instant) -> Bool { told.endHold(now: now) }

    // MARK: Checks

    /// When third nodes are to be asked next whether they reach this node.
    func nextCheck(in surroundings: Surroundings) -> Instant? {
        if asksThirdNodes(surroundings) { return reachability.nextCheck }
        return surroundings.isJoined && surroundings.servers > 0 ? reachability.nextEarlyCheck : nil
    }

    /// The endpoints about which they are to be asked now.
    mutating func takeChecks(in surroundings: Surroundings, _ turn: inout Turn) -> [Endpoint] {
        let now = turn.now.monotonic
        if asksThirdNodes(surroundings) {
            return reachability.takeChecks(now: now, randomness: turn.randomness.next())
        }
        guard let due = nextCheck(in: surroundings), due <= now else { return [] }
        return [reachability.takeEarlyCheck(now: now, randomness: turn.randomness.next())].compactMap(\.self)
    }

    /// There must be some third nodes, unless the node is to find back to how it is to take part.
    private func asksThirdNodes(_ surroundings: Surroundings) -> Bool {
        surroundings.isJoined && (surroundings.hasThirdNodes || surroundings.mode != surroundings.configured)
    }

    // MARK: Directives

    /// The next directive after a fact; nil where nothing follows from it.
    mutating func nextDirective(in surroundings: Surroundings, now: Instant) -> Directive? {
        if hasNews {
            hasNews = false
            if let mode = nextMode(in: surroundings) { return .become(mode) }
        }
        let isHeld = told.isHeld(now: now)
        let ipv4 = toTell(reachability.ipv4, told: told.ipv4, isHeld: isHeld, in: surroundings)
        let ipv6 = toTell(reachability.ipv6, told: told.ipv6, isHeld: isHeld, in: surroundings)
        return told.update(ipv4: ipv4, ipv6: ipv6) ? .tell(ipv4: ipv4, ipv6: ipv6) : nil
    }

    /// A node that others don't reach is a client: others must neither name it nor leave mail with it.
    private func nextMode(in surroundings: Surroundings) -> NodeMode? {
        guard surroundings.configured == .server else { return nil }
        if isReachedWhereSeen == true, surroundings.mode == .client { return .server }
        if isReachedWhereSeen == false, surroundings.hasThirdNodes { return .client }
        return nil
    }

    /// Without third nodes to ask, the endpoint that others see counts, except an IPv6 one that a firewall may hide.
    private func toTell(
        _ view: Reachability.View?, told: Endpoint?, isHeld: Bool, in surroundings: Surroundings
    ) -> Endpoint? {
        if let view {
            let isSeen = !surroundings.hasThirdNodes && !view.endpoint.isFirewalledUnseen
            if view.isReached ?? (isSeen || view.endpoint == told) { return view.endpoint }
        }
        return isHeld && view?.isReached == nil ? told : nil
    }
}
