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

    /// Gives the node the bootstrap nodes to join through. Names are resolved off the event loop. They are resolved
    /// again, with growing pauses, until all are known and a contact answers: so a bootstrap node that moves to another
    /// address is found there. A routing table keeps its contacts while none answers, so their number says nothing.
    func bootstrap(through addresses: [BootstrapAddress]) async {
        let known = addresses.compactMap { address in
            address.endpoint.map { BootstrapPeer(key: address.key, endpoint: $0) }
        }
        let names = addresses.filter { $0.endpoint == nil }
        introduce(known, expectsMore: !names.isEmpty)
        var unresolved = names
        var pause = RoostNode.firstPause
        while !names.isEmpty, phase == .running {
            for name in isSeeking ? names : unresolved {
                let endpoints = await RoostNode.resolve(name)
                guard phase == .running, !Task.isCancelled else { return }
                if endpoints.isEmpty {
                    if !unresolvedNames.contains(name.host) { unresolvedNames.append(name.host) }
                    logger.debug(
                        "A bootstrap name can't be resolved; trying again",
                        metadata: ["name": "\(name.host)", "pause": "\(pause)"])
                    continue
                }
                unresolvedNames.removeAll { $0 == name.host }
                unresolved.removeAll { $0 == name }
                let drawn = [true, false].flatMap { isIPv4 in
                    endpoints.filter { $0.isIPv4 == isIPv4 }.shuffled().prefix(RoostNode.addressesOfName)
                }
                introduce(known + drawn.map { BootstrapPeer(key: name.key, endpoint: $0) }, expectsMore: true)
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
        _ = lookForProblems()
    }

    /// The endpoints of a name; none where the resolver knows none.
    private static func resolve(_ address: BootstrapAddress) async -> [Endpoint] {
        let endpoints = try? await NIOThreadPool.singleton.runIfActive {
            SystemCalls.resolve(address.host, port: address.port)
        }
        return endpoints ?? []
    }
}

extension BootstrapPeer {
    init(key: PublicKey?, endpoint: Endpoint) {
        self = key.map { .known($0, endpoint) } ?? .unknown(endpoint)
    }
}
