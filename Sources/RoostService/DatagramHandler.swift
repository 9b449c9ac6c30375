import Basics
import NIOCore

/// Brings datagrams to the node on its own event loop: no task and no hop.
final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let node: RoostNode

    init(node: RoostNode) { self.node = node }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = unwrapInboundIn(data)
        guard let endpoint = Endpoint(datagram.remoteAddress) else { return }
        node.assumeIsolated { $0.receive(datagram.data, from: endpoint) }
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
