import Basics

/// A fingerprint of everything that happened, in order: two runs with the same are the same history.
///
/// Not cryptographic: each word is multiplied in, so that any difference moves half of the bits from then on.
struct TraceHash {
    private(set) var value: UInt64 = 0x6a09_e667_f3bc_c908

    mutating func add(_ word: UInt64) {
        let product = (value ^ word).multipliedFullWidth(by: 0x9fb2_1c65_1e98_df25)
        value = product.high ^ product.low &+ 0x9e37_79b9_7f4a_7c15
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        add(UInt64(bytes.count))
        var offset = 0
        while offset + 8 <= bytes.count {
            add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset += 1
        }
        add(rest)
    }

    mutating func add(_ instant: Instant) { add(UInt64(bitPattern: instant.sinceOrigin.nanoseconds)) }
}
