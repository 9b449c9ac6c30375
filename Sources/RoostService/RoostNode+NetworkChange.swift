import Basics
import Logging
import NIOCore
import NodeCore

/// What happens when the network changes that this machine is in: another lease, another Wi-Fi, a VPN that comes or goes.
extension RoostNode {
    /// Tells the node how the network is, and watches for changes until it stops.
    func watchNetwork() async {
        networkWatch = NetworkWatch(listening: endpoints, snapshot: monitor.snapshot())
        cores?.networkChanged(to: networkWatch.families, candidates: ownAddresses, now: SystemClock.now())
        await monitor.start(on: eventLoop) { [weak self] in self?.assumeIsolated { $0.noticeNetwork() } }
    }

    /// Something about the network may have changed: it is looked at when no more of it comes.
    func noticeNetwork() {
        guard phase == .running else { return }
        let due = NIODeadline(networkWatch.notice(now: SystemClock.now().monotonic))
        networkLook?.cancel()
        networkLook = eventLoop.scheduleTask(deadline: due) { self.assumeIsolated { $0.lookAtNetwork() } }
    }

    private func lookAtNetwork() {
        networkLook = nil
        guard phase == .running, networkWatch.look(monitor.snapshot(), now: SystemClock.now().monotonic) else { return }
        let families = networkWatch.families
        logger.info("This machine's network has changed", metadata: ["ways": "\(RoostNode.names(families))"])
        departures.forgetPaths()
        resolveAgain()
        cores?.networkChanged(to: families, candidates: ownAddresses, now: SystemClock.now())
        settle()
    }

    private static func names(_ families: AddressFamilies) -> String {
        let names = [(AddressFamilies.ipv4, "IPv4"), (.ipv6, "IPv6")].filter { families.contains($0.0) }.map(\.1)
        return names.isEmpty ? "none" : names.joined(separator: ", ")
    }

    /// At what addresses of this machine's own others may reach the node.
    private var ownAddresses: [Endpoint] {
        OwnAddresses.candidates(bound: endpoints, interfaces: SystemCalls.interfaceAddresses())
    }
}
