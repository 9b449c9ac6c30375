import Basics
import Wire

/// Chunks of one transfer, one bit each, chunk 0 the least significant: at most `Limits.chunksPerTransfer`.
typealias ChunkSet = UInt128

extension ChunkSet {
    init(chunk index: Int) { self = 1 << UInt128(index) }

    func contains(_ index: Int) -> Bool { self & ChunkSet(chunk: index) != 0 }
}

extension Chunks {
    /// Where chunk `index` lies in something of `size` bytes, or nil where no transfer has such a size or chunk.
    static func checkedRange(_ index: Int, of size: Int) -> Range<Int>? {
        guard size > 0, size <= largestSize, index >= 0, index < count(of: size) else { return nil }
        return range(index, of: size).bounds
    }
}

extension ByteRange {
    /// Whether a chunk of `length` bytes fits exactly here, all of it within `body`.
    func isChunk(ofCount length: Int, in body: RawSpan) -> Bool { count == length && end <= body.byteCount }
}

extension [UInt8] {
    /// Copies a chunk to its place.
    mutating func place(_ chunk: RawSpan, at range: Range<Int>) {
        withUnsafeMutableBytes { whole in
            chunk.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: whole[range]).copyMemory(from: $0) }
        }
    }
}
