import Basics
import Logging
import NIOCore
import NodeCore

/// What happens when the network changes that this machine is in: another lease, another Wi-Fi, a VPN that comes or goes.
extension RoostNode {
    /// Tells the node how the network is, and watches for changes until it stops.
    func watchNetwork() async {
        networkWatch = NetworkWatch(listening: endpoints, snapshot: monitor.snapshot())
        departures.networkChanged(chosen: RoostNode.chosenSources)
        station?.networkChanged(to: networkState, now: SystemClock.now(), into: &effects)
        await monitor.start(on: eventLoop) { [weak self] in self?.assumeIsolated { $0.noticeNetwork() } }
    }

    /// Something about the network may have changed: it is looked at once no more changes follow.
    func noticeNetwork() {
        guard phase == .running else { return }
        let due = NIODeadline(networkWatch.notice(now: SystemClock.now().monotonic))
        networkLook?.cancel()
        networkLook = eventLoop.scheduleTask(deadline: due) { self.assumeIsolated { $0.lookAtNetwork() } }
    }

    private func lookAtNetwork() {
        networkLook = nil
        guard phase == .running else { return }
        let hasChanged = networkWatch.look(monitor.snapshot(), now: SystemClock.now().monotonic)
        // Also in networks that lead nowhere else.
        followLocalLinks()
        guard hasChanged else { return }
        let state = networkState
        logger.info("This machine's network has changed", metadata: ["ways": "\(RoostNode.names(state.routes))"])
        departures.networkChanged(chosen: RoostNode.chosenSources)
        resolveAgain()
        station?.networkChanged(to: state, now: SystemClock.now(), into: &effects)
        finishTurn()
        mapAnew()
    }

    private static func names(_ families: AddressFamilies) -> String {
        let names = [(AddressFamilies.ipv4, "IPv4"), (.ipv6, "IPv6")].filter { families.contains($0.0) }.map(\.1)
        return names.isEmpty ? "none" : names.joined(separator: ", ")
    }

    private var networkState: NetworkState {
        NetworkState(routes: networkWatch.families, candidates: networkWatch.ownEndpoints)
    }

    /// From which address the system would send to everywhere, of each family.
    private static var chosenSources: [Endpoint] {
        [AddressFamilies.ipv4, .ipv6].compactMap { SystemCalls.chosenSource(of: $0) }
    }
}
