import Basics

/// The Port Control Protocol, as far as a client needs it to map one UDP port (RFC 6887).
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  Version = 2  |R|   Opcode    |   Reserved    |  Result Code  |   §7.1, §7.2
/// |                           Lifetime                            |
/// |      client's address, or epoch and 96 reserved bits (16)     |
/// |                       Mapping Nonce (12)                      |   §11.1
/// |   Protocol    |                   Reserved                    |
/// |        Internal Port          |        External Port          |
/// |                     External IP Address (16)                  |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
public enum Pcp {
    static let version: UInt8 = 2
    private static let announce: UInt8 = 0
    private static let map: UInt8 = 1
    private static let answer: UInt8 = 0x80
    private static let udp: UInt8 = 17
    private static let headerSize = 24
    private static let size = 60

    /// The port at which routers are asked, by PCP as by NAT-PMP, and the one at which announcements of theirs arrive.
    public static let port: UInt16 = 5_351
    public static let announcementPort: UInt16 = 5_350

    /// Twelve bytes that only this node and its router know: they show that an answer is to this node's question, and that a
    /// renewal is this node's.
    public struct Nonce: Hashable, Sendable {
        let high: UInt64
        let low: UInt32

        public init(high: UInt64, low: UInt32) {
            self.high = high
            self.low = low
        }
    }

    /// A request for a mapping; one with the lifetime 0 removes it.
    public struct MapRequest: Hashable, Sendable {
        public var nonce: Nonce
        /// The address and the port to which datagrams are to be passed.
        public var inner: Endpoint
        /// What is suggested for the outside; port 0 and the unspecified address of the family leave it to the router.
        public var outer: Endpoint
        /// Seconds.
        public var lifetime: UInt32

        public init(nonce: Nonce, inner: Endpoint, outer: Endpoint, lifetime: UInt32) {
            self.nonce = nonce
            self.inner = inner
            self.outer = outer
            self.lifetime = lifetime
        }

        public var bytes: [UInt8] {
            var bytes: [UInt8] = [version, map, 0, 0]
            bytes += lifetime.bigEndianBytes
            bytes += inner.high.bigEndianBytes + inner.low.bigEndianBytes
            bytes += nonce.high.bigEndianBytes + nonce.low.bigEndianBytes
            bytes += [udp, 0, 0, 0]
            bytes += inner.port.bigEndianBytes + outer.port.bigEndianBytes
            return bytes + outer.high.bigEndianBytes + outer.low.bigEndianBytes
        }
    }

    /// What a router says.
    public enum Message: Hashable, Sendable {
        /// A mapping stands, for so many seconds.
        case mapped(nonce: Nonce, innerPort: UInt16, outer: Endpoint, lifetime: UInt32, epoch: UInt32)
        /// A request was refused, and will be for so many seconds. The nonce is missing where the answer is that short.
        case refused(RouterRefusal, nonce: Nonce?, seconds: UInt32, epoch: UInt32)
        /// The router tells its epoch: when it starts, or was asked.
        case announced(epoch: UInt32)
    }

    /// Reads an answer or an announcement; nil for anything else.
    public static func message(_ bytes: RawSpan) -> Message? {
        guard bytes.byteCount >= headerSize, bytes.byteCount <= MappingLimits.longestDatagram,
            bytes.byteCount.isMultiple(of: 4), bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == version,
            let opcode = UInt8(bigEndianBytes: bytes, at: 1), opcode & answer != 0,
            let result = UInt8(bigEndianBytes: bytes, at: 3), let lifetime = UInt32(bigEndianBytes: bytes, at: 4),
            let epoch = UInt32(bigEndianBytes: bytes, at: 8)
        else { return nil }
        if opcode == answer | announce { return result == 0 ? .announced(epoch: epoch) : nil }
        guard opcode == answer | map else { return nil }
        let nonce = UInt64(bigEndianBytes: bytes, at: 24).flatMap { high in
            UInt32(bigEndianBytes: bytes, at: 32).map { Nonce(high: high, low: $0) }
        }
        if result != 0 {
            return .refused(RouterRefusal(pcp: result), nonce: nonce, seconds: lifetime, epoch: epoch)
        }
        guard bytes.byteCount >= size, let nonce, UInt8(bigEndianBytes: bytes, at: 36) == udp,
            let innerPort = UInt16(bigEndianBytes: bytes, at: 40), let port = UInt16(bigEndianBytes: bytes, at: 42),
            let high = UInt64(bigEndianBytes: bytes, at: 44), let low = UInt64(bigEndianBytes: bytes, at: 52)
        else { return nil }
        let outer = Endpoint(high: high, low: low, port: port)
        return .mapped(nonce: nonce, innerPort: innerPort, outer: outer, lifetime: lifetime, epoch: epoch)
    }
}
