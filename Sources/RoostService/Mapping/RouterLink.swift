import Basics
import PortMapping

/// The sockets over which a router is asked and heard, apart from the node's own: what comes there is the router's.
struct RouterLink {
    private let sockets: Sockets
    private let announcements: Sockets?

    /// Nil where the system gives no socket at this machine's address in the router's network.
    init?(at place: PortMapper.Place) {
        guard let sockets = try? Sockets.bind([place.inner.with(port: 0)]) else { return nil }
        self.sockets = sockets
        // Where another program has that port for itself, news of the router come with the next renewal.
        announcements = try? Sockets.bind([Endpoint(ipv4: 0, port: Pcp.announcementPort)], isShared: true)
    }

    /// Begins to read the sockets, for a node.
    func open(for node: RoostNode) -> [SocketWatch] {
        sockets.open(for: node) { _ in .router } + (announcements?.open(for: node) { _ in .announcements } ?? [])
    }

    func send(_ bytes: [UInt8], to endpoint: Endpoint) {
        bytes.withUnsafeBytes { _ = sockets.send($0, to: endpoint, by: nil) }
    }
}
