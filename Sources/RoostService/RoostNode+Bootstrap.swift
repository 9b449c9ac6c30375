import Basics
import NIOPosix
import NodeCore

extension RoostNode {
    /// The pause after the first attempt to resolve names; it doubles up to the longest.
    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(300)
    /// How many of a name's addresses of each family are asked, drawn at random. If a service with fifty containers is
    /// behind the name, a few suffice; and if all fifty asked all fifty at the same moment, that would be 2,500 pairs
    /// at once.
    private static let addressesOfName = 3

    /// What leads to nodes only once the system's resolver has been asked.
    private enum Name: Hashable {
        case node(BootstrapAddress)
        case list(BootstrapList)

        /// What a person calls it.
        var text: String {
            switch self {
            case .node(let address): address.host
            case .list(let list): list.description
            }
        }
    }

    /// Gives the node the bootstrap nodes to join through. Names are resolved off the event loop. They are resolved
    /// again, with growing pauses, until all are known and a contact answers, and then before the node asks one of them again:
    /// so a bootstrap node that moves to another address is found there. A routing table keeps its contacts while none answers, so their number says nothing.
    func bootstrap(through addresses: [BootstrapAddress], _ lists: [BootstrapList] = []) async {
        let known = addresses.compactMap { address in
            address.endpoint.map { BootstrapPeer(key: address.key, endpoint: $0) }
        }
        let names = addresses.filter { $0.endpoint == nil }.map(Name.node) + lists.map(Name.list)
        introduce(known, expectsMore: !names.isEmpty)
        var unresolved = names
        var pause = RoostNode.firstPause
        var resolvedAt = ContinuousClock.now
        while !names.isEmpty, phase == .running {
            let isOutdated = resolvedAt.duration(to: .now) >= Limits.bootstrapInterval / 2
            if isOutdated { resolvedAt = .now }
            for name in isSeeking || isOutdated ? names : unresolved {
                let peers = await RoostNode.resolve(name)
                guard phase == .running, !Task.isCancelled else { return }
                if peers.isEmpty {
                    if !unresolvedNames.contains(name.text) { unresolvedNames.append(name.text) }
                    logger.debug(
                        "A bootstrap name can't be resolved; trying again",
                        metadata: ["name": "\(name.text)", "pause": "\(pause)"])
                    continue
                }
                unresolvedNames.removeAll { $0 == name.text }
                unresolved.removeAll { $0 == name }
                introduce(known + peers, expectsMore: true)
            }
            pause = await wait(pause) ? min(pause * 2, RoostNode.longestPause) : RoostNode.firstPause
        }
    }

    /// Waits before names are resolved again; false where it was cut short.
    private func wait(_ pause: Duration) async -> Bool {
        let waiting = Task { _ = try? await Task.sleep(for: pause) }
        resolution = waiting
        await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            waiting.cancel()
        }
        return !waiting.isCancelled
    }

    /// The network has changed: a resolver that failed before may answer now.
    func resolveAgain() { resolution?.cancel() }

    private var isSeeking: Bool { station?.node.isSeeking ?? false }

    private func introduce(_ peers: [BootstrapPeer], expectsMore: Bool) {
        station?.join(through: peers, expectsMore: expectsMore, now: SystemClock.now(), into: &effects)
        finishTurn()
    }

    /// The nodes that a name leads to, some drawn of many; none where the resolver knows none.
    private static func resolve(_ name: Name) async -> [BootstrapPeer] {
        let addresses: [BootstrapAddress]
        switch name {
        case .node(let address): addresses = [address]
        case .list(let list): addresses = await nodes(of: list)
        }
        var peers: [BootstrapPeer] = []
        for address in addresses {
            let endpoints = try? await NIOThreadPool.singleton.runIfActive {
                address.endpoint.map { [$0] } ?? SystemCalls.resolve(address.host, port: address.port)
            }
            let drawn = [true, false].flatMap { isIPv4 in
                (endpoints ?? []).filter { $0.isIPv4 == isIPv4 }.shuffled().prefix(addressesOfName)
            }
            peers += drawn.map { BootstrapPeer(key: address.key, endpoint: $0) }
        }
        return peers
    }

    /// The nodes of a list; none where the resolver knows none. A list whose keys can't be had at present waits: its nodes are not
    /// asked without them.
    private static func nodes(of list: BootstrapList) async -> [BootstrapAddress] {
        let addresses = try? await NIOThreadPool.singleton.runIfActive { () -> [BootstrapAddress] in
            guard case .message(let services) = SystemCalls.records(of: list.name, .service) else { return [] }
            var random = SystemRandomNumberGenerator()
            switch SystemCalls.records(of: list.name, .text) {
            case .message(let texts):
                return BootstrapList.addresses(services: services, texts: texts, using: &random) ?? []
            case .none: return BootstrapList.addresses(services: services, texts: nil, using: &random) ?? []
            case .failed: return []
            }
        }
        return addresses ?? []
    }
}

extension BootstrapPeer {
    init(key: PublicKey?, endpoint: Endpoint) {
        self = key.map { .known($0, endpoint) } ?? .unknown(endpoint)
    }
}
