import Basics
import Discovery

/// The socket over which the nodes of one local network are found.
final class GroupSocket: Sendable {
    private let group: Endpoint
    private let descriptor: CInt
    /// Messages of others may be longer than what the node's loop has room for.
    private let incoming = DatagramBatch(capacity: GroupSocket.batchSize, room: DnsLimits.message + 1)
    private let outgoing = DatagramBatch(capacity: 1, room: 0)

    /// Messages that one system call reads: a busy network has a few at the same moment.
    private static let batchSize = 8
    /// Bytes that wait to be read: some hundred messages of a busy network.
    private static let bufferSize: CInt = 256 << 10

    /// Nil where the system gives no such socket: another program may have the port for itself.
    init?(on link: LocalLink) {
        guard
            let descriptor = try? SystemCalls.openGroup(
                link.group, on: link.interface, buffer: GroupSocket.bufferSize)
        else { return nil }
        (group, self.descriptor) = (link.group, descriptor)
    }

    deinit { SystemCalls.closeFile(descriptor) }

    /// Begins to read, for the local network of a node that has this number.
    func open(for node: RoostNode, number: Int) -> SocketWatch {
        let watch = SocketWatch(
            descriptor, of: self,
            reading: { [incoming] descriptor, _ in
                let received = incoming.receive(from: descriptor)
                guard received >= 0 else { return DatagramReader.isStillThere(afterError: CInt(-received)) }
                node.assumeIsolated { $0.receiveFromGroup(incoming, count: received, number: number) }
                return true
            },
            // It comes and goes with the network.
            ended: {})
        node.eventLoop.add(watch)
        return watch
    }

    /// Sends to all machines of the network, on the node's loop. What the system refuses is lost, as it may be on the way.
    func send(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            outgoing.removeAll()
            outgoing.append(bytes, to: group, from: nil)
            _ = outgoing.send(from: 0, over: descriptor, isIPv4: group.isIPv4)
        }
    }
}
