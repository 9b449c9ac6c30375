import Basics
import CDatagrams
import CLibrary

/// Room for the datagrams that one system call receives or sends.
///
/// Unchecked, as the compiler doesn't see which thread uses it. It is one alone: a loop's own batch is read in its `SocketWatch`es,
/// and those of `Sockets` and `GroupSocket` by the node, an actor whose executor is that loop.
package final class DatagramBatch: @unchecked Sendable {
    package let capacity: Int
    /// Bytes of each that is received; a longer one has lost its end.
    private let room: Int
    private let batch: OpaquePointer
    private let slots: UnsafeMutablePointer<datagram>
    /// Datagrams to send, from slot 0 on.
    package private(set) var count = 0

    /// `room`: bytes for each to receive into; 0 for a batch that sends.
    package init(capacity: Int, room: Int) {
        guard let batch = datagram_batch_make(UInt32(capacity), UInt32(room)), let slots = datagram_batch_slots(batch)
        else { preconditionFailure("There is no memory for \(capacity) datagrams") }
        self.capacity = capacity
        self.room = room
        self.batch = batch
        self.slots = slots
    }

    deinit { datagram_batch_free(batch) }

    // MARK: Receiving

    /// Receives what is there, without waiting: how many, or a negative error of errno(3).
    package func receive(from descriptor: CInt) -> Int { Int(datagram_batch_receive(batch, descriptor)) }

    /// The sender of a datagram that was received, and the address of this machine that it came to, where that is known.
    package func addresses(of index: Int) -> (sender: Endpoint, own: Endpoint?) {
        let slot = slots + index
        return (Endpoint(slot.pointee.peer), slot.pointee.has_own != 0 ? Endpoint(slot.pointee.own) : nil)
    }

    /// Its bytes, which are there until the next call; nil where it is longer than `longest`.
    @inline(__always)
    package func bytes(of index: Int, longest: Int) -> UnsafeRawBufferPointer? {
        let count = Int(slots[index].count)
        guard count <= min(longest, room) else { return nil }
        return UnsafeRawBufferPointer(start: slots[index].bytes, count: count)
    }

    /// Visits the first `count` that were received, without those that are longer than `longest` bytes.
    @inline(__always)
    func forEach(first count: Int, longest: Int, _ body: (RawSpan, _ sender: Endpoint) -> Void) {
        for index in 0..<count {
            guard let bytes = bytes(of: index, longest: longest) else { continue }
            body(bytes.bytes, addresses(of: index).sender)
        }
    }

    // MARK: Sending

    package var isEmpty: Bool { count == 0 }
    package var isFull: Bool { count == capacity }

    /// Adds a datagram; its bytes must stay where they are until it has been sent.
    package func append(_ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, from source: Endpoint?) {
        precondition(!isFull)
        let slot = slots + count
        slot.pointee.bytes = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        slot.pointee.count = UInt32(bytes.count)
        slot.pointee.peer = datagram_address(endpoint)
        slot.pointee.has_own = source == nil ? 0 : 1
        if let source { slot.pointee.own = datagram_address(source) }
        count += 1
    }

    /// Sends datagrams from `first` on until one is refused: how many have left, or a negative error of errno(3).
    package func send(from first: Int, over descriptor: CInt, isIPv4: Bool) -> Int {
        Int(datagram_batch_send(batch, descriptor, isIPv4 ? 1 : 0, UInt32(first), UInt32(count - first)))
    }

    /// A datagram that was added.
    package func added(_ index: Int) -> (bytes: UnsafeRawBufferPointer, endpoint: Endpoint) {
        (
            UnsafeRawBufferPointer(start: slots[index].bytes, count: Int(slots[index].count)),
            Endpoint(slots[index].peer)
        )
    }

    package func removeAll() { count = 0 }
}

extension Endpoint {
    fileprivate init(_ address: datagram_address) {
        self.init(high: address.high, low: address.low, port: address.port)
    }
}

extension datagram_address {
    fileprivate init(_ endpoint: Endpoint) {
        self.init(high: endpoint.high, low: endpoint.low, port: endpoint.port)
    }
}
