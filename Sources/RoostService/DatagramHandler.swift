import Basics
import NIOCore

/// Brings datagrams to the node on its own event loop: no task and no hop.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    /// What is read.
    enum Port {
        /// The one that others know the node by: the socket with this index.
        case main(socket: Int)
        /// The one that probes are sent from.
        case probe
        /// One from which the router at home is asked.
        case router
        /// A group of a local network: its number.
        case group(number: Int)
        /// The one at which routers announce themselves.
        case announcements
    }

    private let node: RoostNode
    private let port: Port

    init(node: RoostNode, port: Port) {
        self.node = node
        self.port = port
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = unwrapInboundIn(data)
        guard let endpoint = Endpoint(datagram.remoteAddress) else { return }
        switch port {
        case .main(let socket):
            let path = ReturnPath(
                socket: socket, source: datagram.metadata?.packetInfo.flatMap { Endpoint($0.destinationAddress) })
            node.assumeIsolated { $0.receive(datagram.data, from: endpoint, by: path) }
        case .probe:
            node.assumeIsolated { $0.receiveProbe(datagram.data, from: endpoint) }
        case .router:
            node.assumeIsolated { $0.receiveFromRouter(datagram.data, from: endpoint) }
        case .group(let number):
            node.assumeIsolated { $0.receiveFromGroup(datagram.data, from: endpoint, number: number) }
        case .announcements:
            node.assumeIsolated { $0.receiveAnnouncement(datagram.data, from: endpoint) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch port {
        case .main, .probe: node.assumeIsolated { $0.finishTurn() }
        case .router, .announcements: node.assumeIsolated { $0.followMapping() }
        case .group: node.assumeIsolated { $0.followDiscovery() }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch port {
        case .main, .probe: node.assumeIsolated { $0.channelEnded() }
        // Their sockets come and go with the network.
        case .router, .announcements, .group: return
        }
    }

    /// Socket errors about single datagrams are ignored: the core has its own timeouts.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

extension Endpoint {
    /// Nil for what is no Internet address.
    init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address): self = SystemCalls.endpoint(address.address)
        case .v6(let address): self = SystemCalls.endpoint(address.address)
        case .unixDomainSocket: return nil
        }
    }
}
