import Basics
import Logging
import NIOCore
import PortMapping
import Reports

/// The router at home is asked to pass on what comes to the node's port: how `PortMapper` gets to hear what happens, and what
/// comes of what it wants.
extension RoostNode {
    /// How long a router may take for an answer over TCP; and when the node ends.
    private static let patience = TimeAmount.seconds(5)
    private static let lastPatience = TimeAmount.seconds(1)

    /// The machine's network has changed, or is looked at for the first time.
    func mapAnew() {
        mapping.need = nil
        mapping.source = SystemCalls.chosenSource(of: .ipv4)
        considerMapping()
    }

    /// Looks whether a router is to be asked, and tells what third nodes have found. Called every second.
    func considerMapping() {
        guard phase == .running, !isLeaving, let node = station?.node.status else { return }
        let now = SystemClock.now().monotonic
        let hasOwn = mapping.mapper.standing.isOpened
        let need = MappingNeed(
            mapping.setting, in: networkWatch.snapshot, from: mapping.source, sockets: endpoints,
            observed: node.external?.ipv4, isReachedAnyway: node.isReachable == true && !hasOwn)
        if need != mapping.need {
            mapping.need = need
            setPlace(need.place, now: now)
        }
        let isSeeking = node.seekingSince != nil
        if mapping.wasSeeking, !isSeeking { mapping.mapper.networkReturned(now: now) }
        mapping.wasSeeking = isSeeking
        mapping.mapper.observeReach(node.isMappingReached, now: now)
        followMapping()
    }

    private func setPlace(_ place: PortMapper.Place?, now: Instant) {
        if let former = mapping.place, former != place, isOfThisMachine(former.inner) {
            // Over the former link, while it is there.
            mapping.mapper.leave()
            followMapping()
        }
        mapping.place = place
        closeRouterLink()
        let link = place.flatMap { RouterLink(at: $0) }
        mapping.link = link
        mapping.mapper.networkChanged(to: link == nil ? nil : place, now: now)
        guard let link else { return }
        mapping.watches = link.open(for: self)
    }

    /// Whether this machine still has an address: what it sent to its former router from another, another router might get.
    private func isOfThisMachine(_ address: Endpoint) -> Bool {
        networkWatch.snapshot?.addresses.contains { $0.endpoint == address.with(port: 0) } == true
    }

    private func closeRouterLink() {
        mapping.link = nil
        for watch in mapping.watches { eventLoop.remove(watch) }
        mapping.watches = []
    }

    /// Takes the first `count` datagrams of a batch, which came to a socket for routers.
    func receiveFromRouter(_ batch: DatagramBatch, count: Int) {
        guard phase == .running else { return }
        let now = SystemClock.now().monotonic
        batch.forEach(first: count, longest: Limits.datagramSize) { mapping.mapper.observe($0, from: $1, now: now) }
        followMapping()
    }

    /// Takes the first `count` datagrams of a batch, which came to the port at which routers announce themselves.
    func receiveAnnouncements(_ batch: DatagramBatch, count: Int) {
        guard phase == .running else { return }
        let now = SystemClock.now().monotonic
        batch.forEach(first: count, longest: Limits.datagramSize) {
            mapping.mapper.observeAnnouncement($0, from: $1, now: now)
        }
        followMapping()
    }

    /// Carries out what the mapper wants, and sets its timer.
    func followMapping() {
        let former = mapping.standing
        while let directive = mapping.mapper.nextDirective() {
            switch directive {
            case .send(let bytes, let endpoint): mapping.link?.send(bytes, to: endpoint)
            case .ask(let question):
                let patience = isLeaving ? RoostNode.lastPatience : RoostNode.patience
                mapping.question = Task {
                    let bytes = await RouterConnection.ask(question, within: patience)
                    self.observeReply(bytes, to: question)
                }
            case .expect: station?.expectMapping(now: SystemClock.now(), into: &effects)
            case .tell(let endpoint):
                station?.observeMapping(to: endpoint, now: SystemClock.now(), into: &effects)
                finishTurn()
            }
        }
        mapping.standing = mapping.mapper.standing
        if mapping.standing != former, mapping.standing != .idle, mapping.standing != .asking {
            let report = mappingReport
            logger.info(
                "The router was asked to open the node's port",
                metadata: ["outcome": "\(report.state.rawValue)", "by": "\(report.via ?? "-")"])
        }
        mapping.timer?.cancel()
        mapping.timer = mapping.mapper.nextDeadline.map { deadline in
            eventLoop.scheduleTask(deadline: NIODeadline(deadline)) { self.assumeIsolated { $0.wakeMapper() } }
        }
    }

    private func wakeMapper() {
        mapping.timer = nil
        guard phase == .running else { return }
        mapping.mapper.handleDeadline(now: SystemClock.now().monotonic)
        followMapping()
    }

    private func observeReply(_ bytes: [UInt8]?, to question: IgdQuestion) {
        guard phase == .running else { return }
        mapping.mapper.observeReply(bytes, to: question, now: SystemClock.now().monotonic)
        followMapping()
    }

    /// Has the router forget the mapping, within a second: then nobody who has this machine's address later gets what is meant for
    /// this node.
    func endMapping() async {
        mapping.question = nil
        mapping.mapper.end()
        followMapping()
        await mapping.question?.value
        mapping.timer?.cancel()
        mapping.timer = nil
        closeRouterLink()
    }

    /// How the mapping stands, for people and programs.
    var mappingReport: PortMappingReport {
        let isReached = station?.node.status.isMappingReached
        guard case .nobody(let reason)? = mapping.need else {
            return PortMappingReport(mapping.mapper.standing, port: endpoints.first?.port ?? 0, isReached: isReached)
        }
        return PortMappingReport(reason)
    }
}

/// What a node needs to have its port mapped.
struct MappingState {
    let setting: MappingSetting
    var mapper: PortMapper
    /// Nil where it is to be considered anew.
    var need: MappingNeed?
    /// Where a router was asked last; nil: nowhere.
    var place: PortMapper.Place?
    /// The address from which the system sends by its default route, over IPv4.
    var source: Endpoint?
    var link: RouterLink?
    /// What reads the link's sockets.
    var watches: [SocketWatch] = []
    var timer: Scheduled<Void>?
    /// What is asked over TCP.
    var question: Task<Void, Never>?
    /// As it was told last.
    var standing = MappingStanding.idle
    /// Whether no node answered when it was looked at last.
    var wasSeeking = false

    init(_ setting: MappingSetting, seed: UInt64) {
        self.setting = setting
        mapper = PortMapper(seed: seed)
    }
}

extension MappingNeed {
    fileprivate var place: PortMapper.Place? { if case .at(let place) = self { place } else { nil } }
}

extension MappingStanding {
    fileprivate var isOpened: Bool { if case .opened = self { true } else { false } }
}
