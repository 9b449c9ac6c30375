import Basics

/// A fingerprint of everything that happened to a host, in order. Two runs of which the sum over all hosts is the same are
/// the same history, in whatever order hosts took their turns that had nothing to do with each other.
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

    /// The share of a host in the fingerprint of all. A host to which nothing has happened has none.
    func mixed(with host: HostID) -> UInt64 {
        guard value != TraceHash().value else { return 0 }
        var mixed = self
        mixed.add(UInt64(host.index))
        return mixed.value
    }
}
