import Basics

/// The bytes of datagrams that are under way, in slots that are used again: a datagram allocates nothing.
///
/// Each shard has one. A slot that another shard has filled is released into the pool of the shard that has read it:
/// nobody copies what goes from shard to shard, and no two shards touch one pool. So slots wander, and all pools of a
/// network must live equally long.
final class DatagramPool {
    /// The address of a slot.
    typealias Slot = UnsafeMutableRawPointer

    private static let slotsPerChunk = 1_024
    /// Behind the bytes there is room for the two endpoints of what passes a NAT.
    private static let slotSize = Limits.datagramSize + 2 * MemoryLayout<Endpoint>.stride

    // Only its own methods touch what follows, and none calls another while it does.
    @exclusivity(unchecked) private var chunks: [UnsafeMutableRawPointer] = []
    @exclusivity(unchecked) private var free: [Slot] = []

    deinit { for chunk in chunks { chunk.deallocate() } }

    /// Keeps a copy of a datagram until `release`.
    func store(_ bytes: UnsafeRawBufferPointer) -> Slot {
        precondition(bytes.count <= Limits.datagramSize)
        if free.isEmpty { grow() }
        let slot = free.removeLast()
        if let source = bytes.baseAddress { slot.copyMemory(from: source, byteCount: bytes.count) }
        return slot
    }

    /// Flips a bit of a slot.
    static func flip(_ bit: Int, of slot: Slot) {
        let byte = slot.assumingMemoryBound(to: UInt8.self) + bit / 8
        byte.pointee ^= 1 << UInt8(bit % 8)
    }

    /// Notes beside a datagram where it seems to come from, and where it goes to.
    static func address(_ slot: Slot, from source: Endpoint, to destination: Endpoint) {
        (slot + Limits.datagramSize).storeBytes(of: source, as: Endpoint.self)
        (slot + Limits.datagramSize + MemoryLayout<Endpoint>.stride).storeBytes(of: destination, as: Endpoint.self)
    }

    /// What was noted.
    static func addresses(_ slot: Slot) -> (source: Endpoint, destination: Endpoint) {
        (
            (slot + Limits.datagramSize).load(as: Endpoint.self),
            (slot + Limits.datagramSize + MemoryLayout<Endpoint>.stride).load(as: Endpoint.self)
        )
    }

    func release(_ slot: Slot) { free.append(slot) }

    private func grow() {
        let chunk = UnsafeMutableRawPointer.allocate(
            byteCount: DatagramPool.slotsPerChunk * DatagramPool.slotSize, alignment: 16)
        chunks.append(chunk)
        free.append(
            contentsOf: (0..<DatagramPool.slotsPerChunk).reversed().map { chunk + $0 * DatagramPool.slotSize })
    }
}
