import Basics
import CDatagrams
import CLibrary
import Sessions

/// A UDP socket that sends and receives many datagrams with one system call each, so that the load costs less than what
/// is measured.
final class BatchSocket {
    private let descriptor: CInt
    private let isIPv4: Bool
    private let incoming, outgoing: OpaquePointer

    /// Datagrams of one system call.
    static let batch: UInt32 = 64
    /// Bytes for each that is received: more than any answer has.
    private static let room: UInt32 = 2_048

    /// A socket at `source`, or at any address of the family.
    init(at source: Endpoint, port: UInt16 = 0) throws(LoadError) {
        isIPv4 = source.isIPv4
        #if canImport(Glibc)
            descriptor = socket(isIPv4 ? AF_INET : AF_INET6, CInt(SOCK_DGRAM.rawValue), 0)
        #else
            descriptor = socket(isIPv4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0)
        #endif
        guard let incoming = datagram_batch_make(BatchSocket.batch, BatchSocket.room),
            let outgoing = datagram_batch_make(BatchSocket.batch, 0)
        else { throw LoadError("There is no memory for the datagrams of a batch.") }
        (self.incoming, self.outgoing) = (incoming, outgoing)
        guard descriptor >= 0, bind(to: source, port: port) else {
            throw LoadError(
                "No socket can be bound to \(source.host) (error \(errno)): is it an address of this machine?")
        }
        var size: CInt = 4 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        datagram_batch_free(incoming)
        datagram_batch_free(outgoing)
    }

    private func bind(to source: Endpoint, port: UInt16) -> Bool {
        var storage = sockaddr_storage()
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                address.pointee.sin6_family = sa_family_t(AF_INET6)
                address.pointee.sin6_port = port.bigEndian
                withUnsafeMutableBytes(of: &address.pointee.sin6_addr) {
                    $0.storeBytes(of: source.high.bigEndian, as: UInt64.self)
                    $0.storeBytes(of: source.low.bigEndian, toByteOffset: 8, as: UInt64.self)
                }
            }
            if let ipv4 = source.ipv4 {
                storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                    address.pointee.sin_family = sa_family_t(AF_INET)
                    address.pointee.sin_port = port.bigEndian
                    address.pointee.sin_addr.s_addr = ipv4.bigEndian
                }
            }
            let length = isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            return storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                CLibrary.bind(descriptor, $0, socklen_t(length)) == 0
            }
        }
    }

    /// The port that the system chose.
    var port: UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return UInt16(bigEndian: address.sin6_port)
    }

    /// Sends what is queued, and empties the queue. What the system refuses counts as lost.
    func send(_ queue: inout DatagramQueue) {
        guard let slots = datagram_batch_slots(outgoing) else { return }
        var count: UInt32 = 0
        func add(_ path: Path, _ bytes: UnsafeRawBufferPointer) {
            slots[Int(count)].bytes = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            slots[Int(count)].count = UInt32(bytes.count)
            let to = path.endpoint
            slots[Int(count)].peer = datagram_address(high: to.high, low: to.low, port: to.port)
            count += 1
            if count == BatchSocket.batch { flush(&count) }
        }
        queue.forEach(add)
        if count > 0 { flush(&count) }
        queue.removeAll()
    }

    private func flush(_ count: inout UInt32) {
        var first: UInt32 = 0
        while first < count {
            let sent = datagram_batch_send(outgoing, descriptor, isIPv4 ? 1 : 0, first, count - first)
            first += sent > 0 ? UInt32(sent) : 1
        }
        count = 0
    }

    /// Hands over what has come, without waiting; how many datagrams.
    func receive(_ body: (UnsafeRawBufferPointer, Endpoint) -> Void) -> Int {
        let received = datagram_batch_receive(incoming, descriptor)
        guard received > 0, let slots = datagram_batch_slots(incoming) else { return 0 }
        for index in 0..<Int(received) {
            let slot = slots[index]
            body(
                UnsafeRawBufferPointer(start: slot.bytes, count: Int(min(slot.count, BatchSocket.room))),
                Endpoint(high: slot.peer.high, low: slot.peer.low, port: slot.peer.port))
        }
        return Int(received)
    }

    /// Waits until something has come to one of the sockets, for so many milliseconds at most.
    static func wait(for sockets: [BatchSocket], milliseconds: CInt) {
        var waiting = sockets.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        _ = poll(&waiting, nfds_t(waiting.count), milliseconds)
    }
}
