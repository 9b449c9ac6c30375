import Basics

/// The bytes of datagrams that are under way, in slots that are used again: a datagram allocates nothing.
final class DatagramPool {
    private var chunks: [UnsafeMutableRawPointer] = []
    private var free: [UInt32] = []

    private static let slotsPerChunk = 1_024

    deinit { for chunk in chunks { chunk.deallocate() } }

    /// Keeps a copy of a datagram until `release`.
    func store(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        precondition(bytes.count <= Limits.datagramSize)
        if free.isEmpty { grow() }
        let slot = free.removeLast()
        if let source = bytes.baseAddress { address(of: slot).copyMemory(from: source, byteCount: bytes.count) }
        return slot
    }

    /// The first bytes of a slot; valid until it is released.
    func bytes(_ slot: UInt32, count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: address(of: slot), count: count)
    }

    /// Flips a bit of a slot.
    func flip(_ bit: Int, of slot: UInt32) {
        let byte = address(of: slot).assumingMemoryBound(to: UInt8.self) + bit / 8
        byte.pointee ^= 1 << UInt8(bit % 8)
    }

    func release(_ slot: UInt32) { free.append(slot) }

    private func address(of slot: UInt32) -> UnsafeMutableRawPointer {
        let (chunk, place) = Int(slot).quotientAndRemainder(dividingBy: DatagramPool.slotsPerChunk)
        return chunks[chunk] + place * Limits.datagramSize
    }

    private func grow() {
        let first = UInt32(chunks.count * DatagramPool.slotsPerChunk)
        chunks.append(.allocate(byteCount: DatagramPool.slotsPerChunk * Limits.datagramSize, alignment: 16))
        free.append(contentsOf: (first..<first + UInt32(DatagramPool.slotsPerChunk)).reversed())
    }
}
