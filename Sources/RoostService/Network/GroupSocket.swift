import Basics
import Discovery
import NIOCore
import NIOPosix

/// The socket over which the nodes of one local network are found: reads through NIO, sends past it, as `Sockets` does.
struct GroupSocket {
    private let group: Endpoint
    /// For sending; the system's second name of the socket that NIO reads.
    private let descriptor: CInt
    private let unread: CInt

    /// Bytes that wait to be read: some hundred messages of a busy network.
    private static let bufferSize: CInt = 256 << 10

    /// Nil where the system gives no such socket: another program may have the port for itself.
    init?(on link: LocalLink) {
        guard
            let unread = try? SystemCalls.openGroup(
                link.group, on: link.interface, buffer: GroupSocket.bufferSize)
        else { return nil }
        guard let descriptor = try? SystemCalls.duplicate(unread) else {
            SystemCalls.closeFile(unread)
            return nil
        }
        (group, self.unread, self.descriptor) = (link.group, unread, descriptor)
    }

    /// Begins to read. Called once; the channel then owns what is read from.
    func open(on eventLoop: any EventLoop, for node: RoostNode, number: Int) async -> (any Channel)? {
        do {
            return try await DatagramBootstrap(group: eventLoop)
                .channelOption(
                    .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: DnsLimits.message + 1)
                )
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            DatagramHandler(node: node, port: .group(number: number)))
                    }
                }
                .withBoundSocket(unread).get()
        } catch {
            return nil
        }
    }

    /// Sends to all machines of the network. What the system refuses is lost, as it may be on the way.
    func send(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { _ = SystemCalls.send($0, to: group, from: nil, over: descriptor) }
    }

    /// Ends sending; the channel ends reading.
    func close() { SystemCalls.closeFile(descriptor) }
}
