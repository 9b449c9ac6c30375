import Basics

/// The NAT Port Mapping Protocol (RFC 6886), which many routers speak that know no PCP.
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Vers = 0      | OP = 128 + x  | Result Code                   |   §3.2, §3.3
/// | Seconds Since Start of Epoch                                  |
/// | External IPv4 Address (128), or Internal Port | External Port |
/// | Port Mapping Lifetime in Seconds (129)                        |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
public enum NatPmp {
    private static let version: UInt8 = 0
    private static let outerAddress: UInt8 = 0
    private static let mapUDP: UInt8 = 1
    private static let answer: UInt8 = 128

    /// Asks for the router's own address on the outside.
    public static let addressRequest: [UInt8] = [version, outerAddress]

    /// Asks for a mapping; outer port and lifetime 0 remove it.
    public static func mapRequest(innerPort: UInt16, outerPort: UInt16, lifetime: UInt32) -> [UInt8] {
        [version, mapUDP, 0, 0] + innerPort.bigEndianBytes + outerPort.bigEndianBytes + lifetime.bigEndianBytes
    }

    /// What a router says.
    public enum Message: Hashable, Sendable {
        /// Its address on the outside, as an answer or on its own account; its port is 0.
        case address(Endpoint, epoch: UInt32)
        /// A mapping stands, for so many seconds.
        case mapped(innerPort: UInt16, outerPort: UInt16, lifetime: UInt32, epoch: UInt32)
        case refused(RouterRefusal, epoch: UInt32?)
    }

    /// Reads an answer or an announcement; nil for anything else.
    public static func message(_ bytes: RawSpan) -> Message? {
        guard bytes.byteCount >= 4, bytes.byteCount <= MappingLimits.longestDatagram,
            UInt8(bigEndianBytes: bytes) == version, let opcode = UInt8(bigEndianBytes: bytes, at: 1),
            opcode >= answer, let result = UInt16(bigEndianBytes: bytes, at: 2)
        else { return nil }
        let epoch = UInt32(bigEndianBytes: bytes, at: 4)
        // The answer to a request of another version, such as PCP's, has that one's number.
        if result != 0 { return .refused(RouterRefusal(natPmp: result), epoch: epoch) }
        guard let epoch else { return nil }
        switch opcode - answer {
        case outerAddress:
            return UInt32(bigEndianBytes: bytes, at: 8).map { .address(Endpoint(ipv4: $0, port: 0), epoch: epoch) }
        case mapUDP:
            guard let innerPort = UInt16(bigEndianBytes: bytes, at: 8),
                let outerPort = UInt16(bigEndianBytes: bytes, at: 10),
                let lifetime = UInt32(bigEndianBytes: bytes, at: 12)
            else { return nil }
            return .mapped(innerPort: innerPort, outerPort: outerPort, lifetime: lifetime, epoch: epoch)
        default: return nil
        }
    }
}
