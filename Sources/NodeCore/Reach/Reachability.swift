import Basics

/// At what endpoint others see this node, and whether they reach it there by dials of their own.
///
/// The endpoint of an address family is what most of the last observers agree on. Each address block counts once, and
/// one is not enough where there are more: otherwise the tenant of a single host could send a person's mail to an
/// address of their choice.
///
/// A router may say that it passes on what comes to another port of that address. Nothing of that is believed but what
/// third nodes find.
struct Reachability: Sendable {
    /// Observations remembered: enough to outvote a few liars, few enough to notice a change of address soon.
    private static let memory = 16
    /// When so many observers differ, they see a NAT that shows each of them another port: no other node can use any of
    /// these.
    private static let disagreeing = 4
    /// The time between two checks of whether others reach this node; jittered.
    private static let interval = Duration.seconds(750)
    /// So many times that where third nodes deny it again and again, and no router says otherwise: what makes a node reachable is mostly a
    /// change of network, or a router that says so, and either has them asked at once.
    private static let longestInterval = 6
    /// The time after which a surprise is checked again.
    private static let retry = Duration.seconds(5)
    /// Times in a row that a check must fail to be believed: what is lost on the way must not change the node's mode. One in
    /// which so many third nodes deny it is enough (`Limits.confirmersToDeny`).
    private static let denials = 2
    /// The same for a node that was reached: it has time to be sure.
    private static let denialsOfReached = 3
    /// How long a router's answer to the first questions is waited for before third nodes are asked: where they find nobody,
    /// they don't look again for two minutes.
    private static let expectation = Duration.milliseconds(2_500)
    /// After this time no third node remembers what it found before a router opened a way.
    private static let remembered = Limits.probeTime + .seconds(5)
    /// After this time a node that was found out of reach as it came is checked again: its way out may have been blocked
    /// for that moment. By then no third node remembers its finding.
    private static let secondLook = Limits.probeTime + .seconds(30)

    private struct Observation {
        /// The key under which the observer is counted.
        let key: Bytes32
        let endpoint: Endpoint
    }

    /// What is known of the endpoint of one address family.
    struct View: Equatable {
        let endpoint: Endpoint
        /// Whether third nodes reached it; nil while that is open.
        var isReached: Bool?
        fileprivate var denials = 0

        fileprivate init(_ endpoint: Endpoint) { self.endpoint = endpoint }
    }

    private var observations: [Observation] = []
    private var seenIPv4: View?
    private(set) var ipv6: View?
    /// An endpoint of IPv4 to which a router says that it has opened a way.
    private var mapped: View?
    /// When it was told. Third nodes may have dialled it before, and tell that nobody answered while they remember that.
    private var mappedAt = Instant.origin
    /// Whether third nodes have been asked about it since it was told.
    private var hasAskedMapped = false
    /// When third nodes were to be asked next, did no router open a way meanwhile.
    private var dueCheck: Instant?
    /// Until when a router's answer is waited for.
    private var expectedUntil = Instant.origin
    /// When any node is to be asked about an IPv6 endpoint, while there are no third nodes yet: nothing that others see
    /// shows a firewall before it. Nil while there is none.
    private(set) var nextEarlyCheck: Instant?

    /// Records the endpoint at which a node, at an address of its own, says it sees us. `isOnly`: no other node could
    /// be asked.
    mutating func observe(
        _ endpoint: Endpoint, by observer: NodeID, at address: Endpoint, isOnly: Bool, now: Instant
    ) {
        guard endpoint.isUsable else { return }
        let key = address.observerKey(of: observer)
        observations.removeAll { $0.key == key && $0.endpoint.isIPv4 == endpoint.isIPv4 }
        observations.append(Observation(key: key, endpoint: endpoint))
        if observations.count > Reachability.memory { observations.removeFirst() }
        checkMapped(now: now)
        let known = endpoint.isIPv4 ? seenIPv4 : ipv6
        guard let prevailing = majority(ipv4: endpoint.isIPv4, quorum: isOnly ? 1 : 2), prevailing != known?.endpoint
        else { return }
        if endpoint.isIPv4 { seenIPv4 = View(prevailing) } else { ipv6 = View(prevailing) }
        dueCheck = now
        if endpoint.isFirewalledUnseen { nextEarlyCheck = now }
    }

    /// The endpoint that more than half of the observers of a family name, and at least `quorum` of them; or nil.
    private func majority(ipv4: Bool, quorum: Int) -> Endpoint? {
        let votes = votes(ipv4: ipv4)
        let needed = max(quorum, votes.count / 2 + 1)
        return votes.first { candidate in votes.count { $0 == candidate } >= needed }
    }

    private func votes(ipv4: Bool) -> [Endpoint] { observations.map(\.endpoint).filter { $0.isIPv4 == ipv4 } }

    /// Observers have seen this node at an endpoint for hours, and third nodes have reached it there. When they are asked
    /// next follows from `randomness`.
    mutating func establish(
        at endpoint: Endpoint, seenBy observers: [(id: NodeID, address: Endpoint)], now: Instant, randomness: UInt64
    ) {
        for (id, address) in observers { observe(endpoint, by: id, at: address, isOnly: false, now: now) }
        observe(.reached, at: endpoint, now: now)
        dueCheck = dueCheck.map { _ in now + Reachability.interval * Int(randomness % 1_000) / 1_000 }
    }

    // MARK: Checks

    /// When third nodes are to be asked next; nil while no observer has said at what endpoint it sees us.
    var nextCheck: Instant? { dueCheck.map { max($0, expectedUntil) } }

    /// The endpoints to be confirmed now; the next check is then set, jittered by `randomness`.
    mutating func takeChecks(now: Instant, randomness: UInt64) -> [Endpoint] {
        guard let due = nextCheck, due <= now else { return [] }
        dueCheck = now + interval * (80 + Int(randomness % 40)) / 100
        nextEarlyCheck = nextEarlyCheck.flatMap { _ in dueCheck }
        var endpoints = [seenIPv4?.endpoint, ipv6?.endpoint].compactMap(\.self)
        if let mapped, isSeen(atHostOf: mapped.endpoint) {
            hasAskedMapped = true
            if !endpoints.contains(mapped.endpoint) { endpoints.append(mapped.endpoint) }
        }
        return endpoints
    }

    /// The time between two checks: ever longer, while all denies.
    private var interval: Duration {
        let views = [seenIPv4, ipv6].compactMap(\.self)
        guard mapped == nil, views.allSatisfy({ $0.isReached == false }), let denials = views.map(\.denials).min()
        else {
            return Reachability.interval
        }
        return Reachability.interval * min(Reachability.longestInterval, max(1, denials - Reachability.denials))
    }

    /// The same where there are no third nodes: the IPv6 endpoint, if it is to be confirmed nevertheless.
    mutating func takeEarlyCheck(now: Instant, randomness: UInt64) -> Endpoint? {
        guard let due = nextEarlyCheck, due <= now else { return nil }
        nextEarlyCheck = now + Reachability.interval * (80 + Int(randomness % 40)) / 100
        return ipv6?.endpoint
    }

    /// What is known of IPv4: a mapped endpoint counts where third nodes reach it, and not where this node is seen.
    var ipv4: View? { seenIPv4?.isReached != true && mapped?.isReached == true ? mapped : seenIPv4 }

    /// Whether it is open whether third nodes reach this node at an endpoint.
    func isOpen(at endpoint: Endpoint) -> Bool {
        [seenIPv4, ipv6, mapped].contains { $0?.endpoint == endpoint && $0?.isReached == nil }
    }

    /// What is known of the endpoint of one address family.
    func view(of family: AddressFamilies) -> View? { family == .ipv4 ? ipv4 : ipv6 }

    /// What third nodes found at one of our endpoints.
    mutating func observe(_ verdict: ReachVerdict, at endpoint: Endpoint, now: Instant) {
        var isFirstDenial = false
        func update(_ view: inout View?) {
            guard view?.endpoint == endpoint else { return }
            switch verdict {
            case .reached:
                view?.isReached = true
                view?.denials = 0
            case .denied(let isFirm):
                let needed = view?.isReached == true ? Reachability.denialsOfReached : Reachability.denials
                view?.denials += isFirm ? needed : 1
                guard let denials = view?.denials, denials >= needed else { break }
                isFirstDenial = view?.isReached == nil
                view?.isReached = false
            case .undecided: break
            }
        }
        update(&seenIPv4)
        update(&ipv6)
        let isOld = verdict.isDenial && now < mappedAt + Reachability.remembered
        if !isOld { update(&mapped) }
        if [seenIPv4, ipv6, mapped].contains(where: { $0.map { $0.isReached != false && $0.denials > 0 } ?? false }) {
            dueCheck = now + Reachability.retry
        } else if isOld, mapped?.endpoint == endpoint {
            // Others may not have dialled it before.
            dueCheck = min(mappedAt + Reachability.remembered, now + Reachability.retry * 4)
        } else if isFirstDenial {
            dueCheck = now + Reachability.secondLook
        } else if verdict == .undecided {
            dueCheck = now + Reachability.retry * 4
        } else {
            return
        }
        nextEarlyCheck = nextEarlyCheck.flatMap { _ in dueCheck }
    }

    /// What was found holds no more: the node has lost its network.
    mutating func forgetFindings(now: Instant) {
        seenIPv4 = seenIPv4.map { View($0.endpoint) }
        ipv6 = ipv6.map { View($0.endpoint) }
        mapped = mapped.map { View($0.endpoint) }
        dueCheck = seenIPv4 == nil && ipv6 == nil ? nil : now
        nextEarlyCheck = nextEarlyCheck.flatMap { _ in dueCheck }
    }

    /// This node's network has changed: others may see it elsewhere now, and may find something else.
    mutating func startOver() {
        observations.removeAll()
        (seenIPv4, ipv6, dueCheck) = (nil, nil, nil)
        mapped = mapped.map { View($0.endpoint) }
        hasAskedMapped = false
    }

    // MARK: A mapped endpoint

    /// A router says that what comes to an endpoint of IPv4 is passed on to this node; nil: no longer. Whether that is so
    /// third nodes are asked once others see this node at that address: so a router can't make them dial another's.
    mutating func observeMapping(to endpoint: Endpoint?, now: Instant) {
        expectedUntil = .origin
        let former = mapped?.endpoint
        guard let endpoint, endpoint.isIPv4, endpoint.isUsable, !endpoint.isLocal else {
            mapped = nil
            // What was found may have been due to it.
            if let former, seenIPv4?.endpoint == former { dueCheck = now }
            return
        }
        mapped = View(endpoint)
        mappedAt = now
        if seenIPv4?.endpoint == endpoint {
            if seenIPv4?.isReached == true { mapped = seenIPv4 } else { seenIPv4 = View(endpoint) }
        }
        hasAskedMapped = false
        checkMapped(now: now)
    }

    /// A router has been asked to open a way.
    mutating func expectMapping(now: Instant) { expectedUntil = now + Reachability.expectation }

    /// What third nodes found of the mapped endpoint; nil while that is open, or nothing is mapped.
    var isMappedReached: Bool? { mapped?.isReached }

    private mutating func checkMapped(now: Instant) {
        guard !hasAskedMapped, let mapped, isSeen(atHostOf: mapped.endpoint) else { return }
        dueCheck = now
    }

    /// Whether more than half of the observers, and at least two, see this node at the address of an endpoint, at whatever
    /// port.
    private func isSeen(atHostOf endpoint: Endpoint) -> Bool {
        let votes = votes(ipv4: endpoint.isIPv4)
        let agreeing = votes.count { $0.with(port: endpoint.port) == endpoint }
        return agreeing >= max(2, votes.count / 2 + 1)
    }

    // MARK: What follows

    /// Whether others reach this node somewhere; nil while that is open.
    var isReached: Bool? { mapped?.isReached == true ? true : isReachedWhereSeen }

    /// Whether others reach this node where they see it; nil while that is open. A node that is reached elsewhere alone
    /// would be taken into routing tables where nobody reaches it.
    var isReachedWhereSeen: Bool? {
        if seenIPv4?.isReached == true || ipv6?.isReached == true { return true }
        let families = [(seenIPv4, isDisputed(ipv4: true)), (ipv6, isDisputed(ipv4: false))]
        let seen = families.filter { $0.0 != nil || $0.1 }
        return seen.isEmpty || seen.contains { $0.0 != nil && $0.0?.isReached == nil } ? nil : false
    }

    /// Whether every observer sees this node elsewhere.
    private func isDisputed(ipv4: Bool) -> Bool {
        (ipv4 ? seenIPv4 : ipv6) == nil && votes(ipv4: ipv4).count >= Reachability.disagreeing
    }
}

extension Endpoint {
    /// Whether a firewall may stand before it that others, to which its node has sent, don't notice: before a global
    /// IPv6 address there mostly is one. What others see of an IPv4 address is mostly a NAT's, and third nodes tell of
    /// that.
    var isFirewalledUnseen: Bool { !isIPv4 && !isLocal }
}
