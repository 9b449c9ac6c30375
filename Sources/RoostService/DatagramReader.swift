import Basics
import CLibrary

/// Brings the datagrams of a socket to the node, a batch at a time, on the node's own thread: no task and no hop.
struct DatagramReader: Sendable {
    /// What is read.
    enum Port {
        /// The one that others know the node by: the socket with this index.
        case main(socket: Int)
        /// The one that probes are sent from.
        case probe
        /// One from which the router at home is asked.
        case router
        /// The one at which routers announce themselves.
        case announcements
    }

    let node: RoostNode
    let port: Port

    /// Batches that are read at once while the node is behind, eight times as many as are dealt with then: to read a datagram costs
    /// a tenth of dealing with one, or less.
    private static let mostBatches = 8

    /// Reads what has come. False where the system has taken the socket away; errors about single datagrams are ignored, as
    /// the core has its own timeouts.
    func read(_ descriptor: CInt, into batch: DatagramBatch) -> Bool {
        for _ in 0..<DatagramReader.mostBatches {
            let received = batch.receive(from: descriptor)
            guard received >= 0 else { return DatagramReader.isStillThere(afterError: CInt(-received)) }
            let isBehind = node.assumeIsolated { node in
                switch port {
                case .main(let socket): return node.receive(batch, count: received, over: socket)
                case .probe: node.receiveProbes(batch, count: received)
                case .router: node.receiveFromRouter(batch, count: received)
                case .announcements: node.receiveAnnouncements(batch, count: received)
                }
                return false
            }
            guard isBehind, received == batch.capacity else { break }
        }
        return true
    }

    /// Whether the system has left the socket there, after an error of errno(3).
    static func isStillThere(afterError code: CInt) -> Bool { ![EBADF, ENOTSOCK, ENOTCONN, EPIPE].contains(code) }

    /// The system has taken the socket away.
    func end() {
        switch port {
        case .main, .probe: node.assumeIsolated { $0.socketEnded() }
        // They come and go with the network.
        case .router, .announcements: return
        }
    }
}

extension Sockets {
    /// Begins to read the sockets on a node's loop, each by its reader.
    func open(for node: RoostNode, as port: (_ socket: Int) -> DatagramReader.Port) -> [SocketWatch] {
        let readers = endpoints.indices.map { DatagramReader(node: node, port: port($0)) }
        return open(
            on: node.eventLoop, reading: { index in { readers[index].read($0, into: $1) } },
            ended: { readers.first?.end() })
    }
}
