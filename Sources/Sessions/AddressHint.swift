import Basics

/// Four bytes of an address, enough to tell it from most others.
///
///     31                         8 7           0
///     +---------------------------+-------------+
///     | of the block              | of the host |    an IPv4 address is itself
///     +---------------------------+-------------+
struct AddressHint: Sendable {
    private let bits: UInt32

    init(_ endpoint: Endpoint) {
        if let address = endpoint.ipv4 {
            bits = address
        } else {
            let block = (endpoint.high >> 16) &* 0x9e37_79b9_7f4a_7c15
            let host = UInt8(truncatingIfNeeded: endpoint.high ^ endpoint.high >> 8)
            bits = UInt32(truncatingIfNeeded: block >> 32) & ~0xff | UInt32(host)
        }
    }

    /// True where `Account.host` is the same, and for some other addresses.
    @inline(__always)
    func mayBeHost(of other: AddressHint) -> Bool { bits == other.bits }
}
