import Basics
import NIOCore

/// Brings datagrams to the node on its own event loop: no task and no hop.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let node: RoostNode
    /// The index of the socket that this reads.
    private let socket: Int

    init(node: RoostNode, socket: Int) {
        self.node = node
        self.socket = socket
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = unwrapInboundIn(data)
        guard let endpoint = Endpoint(datagram.remoteAddress) else { return }
        let path = ReturnPath(
            socket: socket, source: datagram.metadata?.packetInfo.flatMap { Endpoint($0.destinationAddress) })
        node.assumeIsolated { $0.receive(datagram.data, from: endpoint, by: path) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        node.assumeIsolated { $0.settle() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        node.assumeIsolated { $0.channelEnded() }
    }

    /// What the system says about one datagram is of no use: the core has its own timeouts.
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
