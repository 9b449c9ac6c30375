import Storage

/// A value as it lies in the file: followed by a checksum over the table, the key and the value. So a damaged value is
/// detected, and so is one that damage has brought under another key.
enum StoredValue {
    /// What the checksum of a value depends on beside the value.
    static func seed(_ table: Table, _ key: UnsafeRawBufferPointer) -> UInt64 {
        Checksum.xxh64(key, seed: UInt64(table.index))
    }

    /// Bytes in the file of a value of `count`.
    static func size(of count: Int) -> Int { count + Checksum.size }

    /// Fills the place of a value, which has the right size.
    static func fill(_ place: UnsafeMutableRawBufferPointer, with value: [UInt8], seed: UInt64) {
        let sum = value.withUnsafeBytes { bytes in
            place.copyMemory(from: bytes)
            return Checksum.xxh64(bytes, seed: seed)
        }
        place.storeBytes(of: sum.bigEndian, toByteOffset: value.count, as: UInt64.self)
    }

    /// The value, or nil where it is damaged.
    static func open(_ stored: UnsafeRawBufferPointer, seed: UInt64) -> UnsafeRawBufferPointer? {
        guard stored.count >= Checksum.size else { return nil }
        let value = UnsafeRawBufferPointer(rebasing: stored.dropLast(Checksum.size))
        let sum = UInt64(bigEndian: stored.loadUnaligned(fromByteOffset: value.count, as: UInt64.self))
        return sum == Checksum.xxh64(value, seed: seed) ? value : nil
    }
}
