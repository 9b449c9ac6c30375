/// Remembers which large values were verified lately, so that a value which is read chunk by chunk is not verified for
/// each chunk.
///
/// A checksum detects damage done by the disk. A value that was sound is still in memory while reading continues. After
/// as many reads as a transfer has chunks, it is verified again.
struct VerifiedValues {
    private struct Value {
        /// The hash of table and key, and where the value lies.
        var seed: UInt64 = 0
        var start: UnsafeRawPointer?
        var size = 0
        var readsLeft = 0
    }

    /// Values that are read at a time: a few dozen by each of some people at once. A power of two.
    private static let places = 256
    /// For smaller values, verifying costs no more than the rest of a read.
    private static let smallest = 4_096
    /// Chunks of the largest transfer.
    private static let reads = 128

    private var values = [Value](repeating: Value(), count: places)

    /// Whether what is stored there was sound, and is not to be verified again yet.
    mutating func contains(_ stored: UnsafeRawBufferPointer, _ seed: UInt64) -> Bool {
        guard stored.count >= VerifiedValues.smallest else { return false }
        let place = VerifiedValues.place(of: seed)
        let value = values[place]
        guard value.seed == seed, value.start == stored.baseAddress, value.size == stored.count, value.readsLeft > 0
        else { return false }
        values[place].readsLeft -= 1
        return true
    }

    mutating func insert(_ stored: UnsafeRawBufferPointer, _ seed: UInt64) {
        guard stored.count >= VerifiedValues.smallest else { return }
        values[VerifiedValues.place(of: seed)] = Value(
            seed: seed, start: stored.baseAddress, size: stored.count, readsLeft: VerifiedValues.reads)
    }

    private static func place(of seed: UInt64) -> Int { Int(truncatingIfNeeded: seed) & (places - 1) }
}
