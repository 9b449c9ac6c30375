import Basics
import Cryptography
import Discovery
import NIOCore

/// Nodes of one local network find each other by themselves: how `LocalDiscovery` gets to hear what happens, and what comes of
/// what it wants. What is found is given to the node as places to ask.
extension RoostNode {
    /// Follows the local networks that this machine is in: called at the start, and when its network may have changed.
    func followLocalLinks() {
        guard discovery.isOn, phase == .running, !isLeaving else { return }
        let links = networkWatch.snapshot?.localLinks(ofSocketsAt: endpoints) ?? []
        for (number, open) in discovery.links where !links.contains(open.link) { closeLocalLink(number) }
        for link in links where !discovery.links.values.contains(where: { $0.link == link }) { openLocalLink(link) }
        followDiscovery()
    }

    private func openLocalLink(_ link: LocalLink) {
        var system = SystemRandomNumberGenerator()
        guard
            let search = LocalDiscovery(
                on: link, network: discovery.network, seed: system.next(), now: SystemClock.now().monotonic),
            let socket = GroupSocket(on: link)
        else {
            logger.debug("Nodes of a local network are not looked for: the system gives no socket for it")
            return
        }
        discovery.opened += 1
        let number = discovery.opened
        discovery.links[number] = DiscoveryState.OpenLink(
            link: link, search: search, socket: socket, watch: socket.open(for: self, number: number))
    }

    private func closeLocalLink(_ number: Int) {
        guard var open = discovery.links.removeValue(forKey: number) else { return }
        open.search.end()
        while let directive = open.search.nextDirective() {
            if case .send(let bytes) = directive { open.socket.send(bytes) }
        }
        eventLoop.remove(open.watch)
    }

    /// Takes the first `count` datagrams of a batch, which came to a group.
    func receiveFromGroup(_ batch: DatagramBatch, count: Int, number: Int) {
        guard phase == .running, !isLeaving else { return }
        let now = SystemClock.now().monotonic
        batch.forEach(first: count, longest: DnsLimits.message) {
            discovery.links[number]?.search.observe($0, from: $1, now: now)
        }
        followDiscovery()
    }

    /// Looks whether the node knows others. Called every second.
    func considerDiscovery() {
        let isSeeking = station?.node.status.seekingSince != nil
        defer { discovery.wasSeeking = isSeeking }
        guard isSeeking, !discovery.wasSeeking else { return }
        let now = SystemClock.now().monotonic
        for number in discovery.links.keys { discovery.links[number]?.search.seek(now: now) }
        followDiscovery()
    }

    /// Carries out what the searches want, and sets their timer.
    func followDiscovery() {
        for number in discovery.links.keys.sorted() {
            while let directive = discovery.links[number]?.search.nextDirective() {
                switch directive {
                case .send(let bytes): discovery.links[number]?.socket.send(bytes)
                case .found(let endpoints): discovery.links[number]?.found = endpoints
                }
            }
        }
        tellNeighbours()
        discovery.timer?.cancel()
        discovery.timer = discovery.links.values.compactMap(\.search.nextDeadline).min().map { deadline in
            eventLoop.scheduleTask(deadline: NIODeadline(deadline)) { self.assumeIsolated { $0.wakeDiscovery() } }
        }
    }

    private func tellNeighbours() {
        let own = discovery.links.values.flatMap { open in
            open.link.addresses.map { $0.endpoint.with(port: open.link.port) }
        }
        var found: [Endpoint] = []
        for (_, open) in discovery.links.sorted(by: { $0.key < $1.key }) {
            found += open.found.filter { !found.contains($0) && !own.contains($0) }
        }
        found = Array(found.prefix(LocalLimits.nodes))
        guard found != discovery.told else { return }
        let count = found.count { !discovery.told.contains($0) }
        if count > 0 { logger.info("Nodes were found in the local network", metadata: ["nodes": "\(count)"]) }
        discovery.told = found
        station?.neighboursChanged(to: found, now: SystemClock.now(), into: &effects)
        finishTurn()
    }

    private func wakeDiscovery() {
        discovery.timer = nil
        guard phase == .running, !isLeaving else { return }
        let now = SystemClock.now().monotonic
        for number in discovery.links.keys { discovery.links[number]?.search.handleDeadline(now: now) }
        followDiscovery()
    }

    /// Tells the local networks that the node is no longer there.
    func endDiscovery() {
        discovery.timer?.cancel()
        discovery.timer = nil
        for number in discovery.links.keys { closeLocalLink(number) }
    }
}

/// What a node needs to find others in local networks.
struct DiscoveryState {
    struct OpenLink {
        let link: LocalLink
        var search: LocalDiscovery
        let socket: GroupSocket
        /// What reads the socket.
        let watch: SocketWatch
        /// The nodes that are there.
        var found: [Endpoint] = []
    }

    let isOn: Bool
    /// What tells the network from others: a hash of its name, which may be private.
    let network: String
    /// By numbers that are never used again, so that what comes late belongs to no other.
    var links: [Int: OpenLink] = [:]
    var opened = 0
    var timer: Scheduled<Void>?
    /// What the node was told.
    var told: [Endpoint] = []
    /// Whether it knew no other when it was looked at last.
    var wasSeeking = false

    init(isOn: Bool, network: String) {
        self.isOn = isOn
        self.network = Hexadecimal.encode(
            Blake2b.hash256(Array("roost local network".utf8) + [0] + Array(network.utf8)).array.prefix(8))
    }
}
