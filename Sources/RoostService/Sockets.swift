import Basics
import CDatagrams
import CLibrary

/// The UDP sockets of a node: read in batches, and sent over straight from the outbox, without a copy and in batches as well.
///
/// Others say where to send, so a datagram that the system refuses is one lost datagram, and no error of the socket.
package final class Sockets: Sendable {
    private struct Socket {
        let endpoint: Endpoint
        let descriptor: CInt
    }

    private let sockets: [Socket]
    /// What is to be sent next, all of it over one socket; and a datagram by itself.
    package let outgoing = DatagramBatch(capacity: Sockets.batchSize, room: 0)
    private let alone = DatagramBatch(capacity: 1, room: 0)

    /// Datagrams that one system call sends: as many as one reads.
    private static let batchSize = SocketLoop.vectorSize
    /// Bytes of socket buffers: some seconds of a busy node's datagrams.
    private static let bufferSize: CInt = 4 << 20

    private init(sockets: [Socket]) { self.sockets = sockets }

    deinit { for socket in sockets { SystemCalls.closeFile(socket.descriptor) } }

    /// Binds every endpoint. A wildcard of an address family that this machine doesn't have is left out where another
    /// endpoint is left. `isShared`: other programs may listen there as well, for what is sent to many.
    package static func bind(_ listen: [Endpoint], isShared: Bool = false) throws(ServiceError) -> Sockets {
        var sockets: [Socket] = []
        var missing: ServiceError?
        do throws(ServiceError) {
            for endpoint in listen {
                do throws(SystemCalls.Failure) {
                    let descriptor = try SystemCalls.bindDatagramSocket(
                        to: endpoint, buffer: bufferSize, isShared: isShared)
                    do throws(SystemCalls.Failure) {
                        let bound = try SystemCalls.localEndpoint(of: descriptor)
                        if bound.isUnspecified { try SystemCalls.wantOwnAddress(descriptor, isIPv4: bound.isIPv4) }
                        sockets.append(Socket(endpoint: bound, descriptor: descriptor))
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
            for socket in sockets { SystemCalls.closeFile(socket.descriptor) }
            throw error
        }
        return Sockets(sockets: sockets)
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
    package var endpoints: [Endpoint] { sockets.map(\.endpoint) }

    /// Datagrams that came and that the system has dropped before they were read, of all sockets together.
    var overflowed: UInt32 { sockets.reduce(0) { $0 &+ SystemCalls.memory(of: $1.descriptor).overflowed } }

    /// Whether so much waits for a socket that the node is behind.
    func isBehind(_ socket: Int) -> Bool {
        let memory = SystemCalls.memory(of: sockets[socket].descriptor)
        return memory.unread > min(Limits.backlogBytes, memory.room / 4)
    }

    /// The families that can be sent over.
    var families: AddressFamilies {
        sockets.reduce(into: []) { $0.formUnion($1.endpoint.isIPv4 ? .ipv4 : .ipv6) }
    }

    /// Begins to read the sockets on a loop. `reading` gives what reads the socket with an index: false where the system has taken it
    /// away, after which `ended` is called.
    package func open(
        on loop: SocketLoop, reading: (_ socket: Int) -> @Sendable (CInt, DatagramBatch) -> Bool,
        ended: @escaping @Sendable () -> Void
    ) -> [SocketWatch] {
        sockets.indices.map { index in
            let watch = SocketWatch(sockets[index].descriptor, of: self, reading: reading(index), ended: ended)
            loop.add(watch)
            return watch
        }
    }

    /// The index of the socket over which a datagram to an endpoint is sent first: the one of its path, or else the first for its
    /// family. A socket bound to the loopback reaches nothing else, and answers from there must come from it.
    func socket(for endpoint: Endpoint, by path: ReturnPath?) -> Int? {
        if let path { return path.socket }
        let (isIPv4, isLoopback) = (endpoint.isIPv4, endpoint.isLoopback)
        var other: Int?
        for index in sockets.indices where sockets[index].endpoint.isIPv4 == isIPv4 {
            let isBoundToLoopback = sockets[index].endpoint.isLoopback
            if isBoundToLoopback == isLoopback { return index }
            if !isBoundToLoopback, other == nil { other = index }
        }
        return other
    }

    /// Sends what is in `outgoing` from `first` on over a socket, until one datagram is refused; how many have left.
    package func sendBatch(from first: Int, over socket: Int) -> Int {
        max(0, outgoing.send(from: first, over: sockets[socket].descriptor, isIPv4: sockets[socket].endpoint.isIPv4))
    }

    /// Sends a datagram by the path over which its recipient was heard, or else over the socket for its endpoint.
    /// Returns nil if the system took it. A refused datagram is lost, as any datagram may be in transit: the requester
    /// retransmits.
    package func send(_ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, by path: ReturnPath?) -> SendRefusal? {
        if let path {
            return send(bytes, to: endpoint, from: path.source, over: sockets[path.socket])
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
            let refusal = send(bytes, to: endpoint, from: nil, over: socket)
            guard let refusal, refusal.mayBeOfSource else { return refusal }
            last = refusal
        }
        return last
    }

    private func send(
        _ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, from source: Endpoint?, over socket: Socket
    ) -> SendRefusal? {
        guard endpoint.isIPv4 == socket.endpoint.isIPv4 else { return .noRoute }
        alone.removeAll()
        alone.append(bytes, to: endpoint, from: source)
        let sent = alone.send(from: 0, over: socket.descriptor, isIPv4: socket.endpoint.isIPv4)
        return sent < 0 ? SendRefusal(CInt(-sent)) : nil
    }

    /// Whether the path of answers matters for a socket's family: the socket has several addresses, or there are
    /// several sockets.
    func isAmbiguous(_ socket: Int) -> Bool {
        let endpoint = sockets[socket].endpoint
        return endpoint.isUnspecified || sockets.count { $0.endpoint.isIPv4 == endpoint.isIPv4 } > 1
    }
}
