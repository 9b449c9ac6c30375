import Basics
import NIOCore
import PortMapping

/// The sockets over which a router is asked and heard, apart from the node's own: what comes there is the router's.
struct RouterLink {
    private let sockets: Sockets
    private let announcements: Sockets?
    private var channels: [any Channel] = []

    /// Nil where the system gives no socket at this machine's address in the router's network.
    init?(at place: PortMapper.Place) {
        guard let sockets = try? Sockets.bind([place.inner.with(port: 0)]) else { return nil }
        self.sockets = sockets
        // Where another program has that port for itself, news of the router come with the next renewal.
        announcements = try? Sockets.bind([Endpoint(ipv4: 0, port: Pcp.announcementPort)], isShared: true)
    }

    /// The sockets and their channels are for one loop: this begins to read them there.
    static func open(
        _ link: RouterLink, on eventLoop: any EventLoop, for node: RoostNode
    ) async -> [any Channel] {
        var channels: [any Channel] = []
        for (sockets, port) in [(link.sockets, DatagramHandler.Port.router), (link.announcements, .announcements)] {
            guard let sockets else { continue }
            let opened = try? await sockets.open(on: eventLoop) { _ in DatagramHandler(node: node, port: port) }
            channels += opened ?? []
        }
        return channels
    }

    func send(_ bytes: [UInt8], to endpoint: Endpoint) {
        bytes.withUnsafeBytes { _ = sockets.send($0, to: endpoint, by: nil) }
    }
}
