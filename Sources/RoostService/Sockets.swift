import Basics
import NIOCore
import NIOPosix

/// The UDP sockets of a node: reads through NIO, in batches; sends straight from the outbox, without a copy.
///
/// NIO closes a datagram channel when a send fails with anything but "too large" or "host unreachable". Here others say
/// where to send, so one contact with an address that this host has no route to would end the service: sends bypass the
/// channel, on a descriptor of their own, and one that fails is one lost datagram.
final class Sockets: Sendable {
    private struct Socket {
        let endpoint: Endpoint
        /// For sending; the system's second name of the socket that NIO reads.
        let descriptor: CInt
    }

    private let sockets: [Socket]
    /// For reading. Whoever opens a channel on a descriptor owns it.
    private let unread: [CInt]

    /// Datagrams that one system call reads.
    private static let vectorSize = 64
    /// Bytes for each: room for the largest datagram, so that a longer one is seen to be longer.
    private static let slotSize = 2_048
    /// Bytes of socket buffers: some seconds of a busy node's datagrams.
    private static let bufferSize: CInt = 4 << 20

    private init(sockets: [Socket], unread: [CInt]) {
        self.sockets = sockets
        self.unread = unread
    }

    deinit { for socket in sockets { SystemCalls.closeFile(socket.descriptor) } }

    /// Binds every endpoint. A wildcard of an address family that this machine doesn't have is left out where another
    /// endpoint is left. `isShared`: other programs may listen there as well, for what is sent to many.
    static func bind(_ listen: [Endpoint], isShared: Bool = false) throws(ServiceError) -> Sockets {
        var sockets: [Socket] = []
        var unread: [CInt] = []
        var missing: ServiceError?
        do throws(ServiceError) {
            for endpoint in listen {
                do throws(SystemCalls.Failure) {
                    let descriptor = try SystemCalls.bindDatagramSocket(
                        to: endpoint, buffer: bufferSize, isShared: isShared)
                    // The two lists stay in step.
                    do throws(SystemCalls.Failure) {
                        let bound = try SystemCalls.localEndpoint(of: descriptor)
                        sockets.append(Socket(endpoint: bound, descriptor: try SystemCalls.duplicate(descriptor)))
                        unread.append(descriptor)
                    } catch {
                        SystemCalls.closeFile(descriptor)
                        throw error
                    }
                } catch {
                    missing = explain(error, endpoint)
                    if let missing, !error.isFamilyMissing || !endpoint.isUnspecified { throw missing }
                }
            }
            if sockets.isEmpty { throw missing ?? ServiceError(.addressUnusable, "There is no address to listen on.") }
        } catch {
            for descriptor in unread + sockets.map(\.descriptor) { SystemCalls.closeFile(descriptor) }
            throw error
        }
        return Sockets(sockets: sockets, unread: unread)
    }

    private static func explain(_ failure: SystemCalls.Failure, _ endpoint: Endpoint) -> ServiceError {
        if failure.isAddressMissing, !endpoint.isUnspecified {
            return ServiceError(
                .addressUnusable,
                "Can't listen on \(endpoint), as this machine has no such address at present: choose another, or start "
                    + "the node when it is there; 0.0.0.0 and [::] stand for every address, also those that come later."
            )
        }
        if failure.isAddressInUse {
            return ServiceError(
                .portInUse, "Another program listens on \(endpoint): stop it, or choose another address to listen on.")
        }
        return ServiceError(
            .addressUnusable, "Can't listen on \(endpoint) (\(failure.reason)): choose another address to listen on.")
    }

    /// Where the sockets are bound, with the ports that the system chose.
    var endpoints: [Endpoint] { sockets.map(\.endpoint) }

    /// The families that can be sent over.
    var families: AddressFamilies {
        sockets.reduce(into: []) { $0.formUnion($1.endpoint.isIPv4 ? .ipv4 : .ipv6) }
    }

    /// Makes the channels that read the sockets. Called once.
    func open(
        on eventLoop: any EventLoop, handler: @escaping @Sendable (_ socket: Int) -> DatagramHandler
    ) async throws -> [any Channel] {
        var channels: [any Channel] = []
        for (index, descriptor) in unread.enumerated() {
            do {
                channels.append(
                    try await DatagramBootstrap(group: eventLoop)
                        .channelOption(.datagramVectorReadMessageCount, value: Sockets.vectorSize)
                        .channelOption(
                            .recvAllocator,
                            value: FixedSizeRecvByteBufferAllocator(capacity: Sockets.vectorSize * Sockets.slotSize)
                        )
                        .channelOption(.maxMessagesPerRead, value: 4)
                        .channelOption(.receivePacketInfo, value: sockets[index].endpoint.isUnspecified)
                        .channelInitializer { channel in
                            channel.eventLoop.makeCompletedFuture {
                                try channel.pipeline.syncOperations.addHandler(handler(index))
                            }
                        }
                        .withBoundSocket(descriptor).get())
            } catch {
                for rest in unread[(index + 1)...] { SystemCalls.closeFile(rest) }
                for channel in channels { try? await channel.close() }
                throw error
            }
        }
        return channels
    }

    /// Closes sockets that will not be opened.
    func abandon() { for descriptor in unread { SystemCalls.closeFile(descriptor) } }

    /// Sends a datagram by the path over which its recipient was heard, or else over the socket for its endpoint.
    /// Returns nil if the system took it. A refused datagram is lost, as any datagram may be in transit: the requester
    /// retransmits.
    func send(_ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, by path: ReturnPath?) -> SendRefusal? {
        if let path {
            return SystemCalls.send(bytes, to: endpoint, from: path.source, over: sockets[path.socket].descriptor)
        }
        // A socket bound to the loopback reaches nothing else, and answers from there must come from it.
        if endpoint.isLoopback {
            guard let refusal = send(bytes, to: endpoint, overLoopback: true) else { return nil }
            guard refusal.mayBeOfSource else { return refusal }
        }
        return send(bytes, to: endpoint, overLoopback: false)
    }

    /// Sends a datagram over the first socket for which the system takes it: a socket may be bound to an address that
    /// the machine doesn't have at present.
    private func send(
        _ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, overLoopback: Bool
    ) -> SendRefusal? {
        var last = SendRefusal.noRoute
        for socket in sockets
        where socket.endpoint.isIPv4 == endpoint.isIPv4 && socket.endpoint.isLoopback == overLoopback {
            let refusal = SystemCalls.send(bytes, to: endpoint, from: nil, over: socket.descriptor)
            guard let refusal, refusal.mayBeOfSource else { return refusal }
            last = refusal
        }
        return last
    }

    /// Whether the path of answers matters for a socket's family: the socket has several addresses, or there are
    /// several sockets.
    func isAmbiguous(_ socket: Int) -> Bool {
        let endpoint = sockets[socket].endpoint
        return endpoint.isUnspecified || sockets.count { $0.endpoint.isIPv4 == endpoint.isIPv4 } > 1
    }
}
