import Basics
import Cryptography

/// What a datagram is: its first byte.
public enum DatagramKind: UInt8, Sendable {
    case initiation = 1
    case response = 2
    case transport = 3
    /// The receiver index of a transport datagram is unknown here.
    case unknownSession = 4
    case hello = 5
    case helloAnswer = 6
    /// Under load: prove your address first.
    case cookie = 7

    /// The kind of a datagram that has at least the bytes of that kind's header, and at most the bytes of any datagram.
    public init(of datagram: RawSpan) throws(DecodeError) {
        guard datagram.byteCount <= Limits.datagramSize else { throw .oversized }
        var reader = ByteReader(datagram)
        guard let kind = DatagramKind(rawValue: try reader.u8(datagram)) else { throw .unknownDatagram }
        guard kind.byteCounts.contains(datagram.byteCount) else { throw .truncated }
        self = kind
    }

    /// The lengths that a datagram of this kind may have.
    public var byteCounts: ClosedRange<Int> {
        switch self {
        case .initiation: InitiationLayout.byteCount...InitiationLayout.byteCount
        case .response: ResponseLayout.minimumByteCount...Limits.datagramSize
        case .transport: TransportLayout.minimumByteCount...Limits.datagramSize
        case .unknownSession: UnknownSessionLayout.byteCount...UnknownSessionLayout.byteCount
        case .hello: HelloLayout.byteCount...Limits.datagramSize
        case .helloAnswer: HelloAnswerLayout.byteCount...HelloAnswerLayout.byteCount
        case .cookie: CookieLayout.byteCount...CookieLayout.byteCount
        }
    }
}

/// Handshake initiation, always 1,200 bytes, so that the answer to an unproven address may be as long.
/// ```
///  0    1              5                  21            53              101                        1200
/// +----+--------------+------------------+-------------+---------------+---------------------------+
/// | 01 | sender index | cookie (16)      | e (32)      | s sealed (48) | payload sealed (1083+16)  |
/// +----+--------------+------------------+-------------+---------------+---------------------------+
///                                        |<-------------- Noise IK message 1 --------------------->|
/// ```
/// The first 21 bytes are outside the Noise transcript: a cookie is filled in without a new handshake.
public enum InitiationLayout {
    public static let senderIndex = 1
    public static let cookie = 5
    public static let cookieByteCount = 16
    public static let noise = 21
    public static let byteCount = Limits.datagramSize
    /// Bytes of the payload in the clear: `HandshakePayload` and zeros up to this.
    public static let payloadByteCount = byteCount - noise - NoiseSizes.key - NoiseSizes.sealedKey - NoiseSizes.tag
}

/// Handshake response.
/// ```
///  0    1              5                9             41
/// +----+--------------+----------------+-------------+---------------------+
/// | 02 | sender index | receiver index | e (32)      | payload sealed      |
/// +----+--------------+----------------+-------------+---------------------+
///                                      |<------- Noise IK message 2 ------>|
/// ```
/// The receiver index is the initiation's sender index.
public enum ResponseLayout {
    public static let senderIndex = 1
    public static let receiverIndex = 5
    public static let noise = 9
    public static let minimumByteCount = noise + NoiseSizes.key + HandshakePayload.byteCount + NoiseSizes.tag
    /// Bytes of the datagram beside the RPC body.
    public static let overhead = minimumByteCount
}

/// Transport: one RPC body, or nothing, sealed by the session's key for this direction with the counter as nonce.
/// ```
///  0    1                5             13
/// +----+----------------+-------------+----------------------+
/// | 03 | receiver index | counter u64 | body sealed (n + 16) |
/// +----+----------------+-------------+----------------------+
/// ```
public enum TransportLayout {
    public static let receiverIndex = 1
    public static let counter = 5
    public static let sealed = 13
    public static let minimumByteCount = sealed + NoiseSizes.tag
    /// Bytes of the datagram beside the RPC body.
    public static let overhead = minimumByteCount
}

/// The answer to a transport datagram whose session is unknown: it repeats the index and the Poly1305 tag of that
/// datagram, which only a node that saw it can know.
/// ```
///  0    1                5             21
/// +----+----------------+-------------+
/// | 04 | receiver index | tag (16)    |
/// +----+----------------+-------------+
/// ```
public enum UnknownSessionLayout {
    public static let receiverIndex = 1
    public static let tag = 5
    public static let byteCount = 21
}

/// Asks a node known only by its address for its static key. Zeros follow the nonce: the answer is never longer.
/// ```
///  0    1           9              64
/// +----+-----------+--------------+
/// | 05 | nonce u64 | zeros        |
/// +----+-----------+--------------+
/// ```
public enum HelloLayout {
    public static let nonce = 1
    /// As sent; a later version may send more.
    public static let byteCount = 64
}

/// The answer to a hello: the responder's key and mode (as in `HandshakePayload`), and the endpoint from which the
/// hello came (an IPv4 address in its IPv6-mapped form, RFC 4291 §2.5.5.2). The key proves nothing until a handshake
/// with it succeeds.
/// ```
///  0    1           9                 41     42             58         60
/// +----+-----------+-----------------+------+--------------+----------+
/// | 06 | nonce u64 | static key (32) | mode | address (16) | port u16 |
/// +----+-----------+-----------------+------+--------------+----------+
/// ```
public enum HelloAnswerLayout {
    public static let nonce = 1
    public static let key = 9
    public static let mode = 41
    public static let address = 42
    public static let port = 58
    public static let byteCount = 60
}

/// The answer to an initiation while a node is under load. The initiator repeats it with the cookie filled in.
/// ```
///  0    1                5             21
/// +----+----------------+-------------+
/// | 07 | receiver index | cookie (16) |
/// +----+----------------+-------------+
/// ```
public enum CookieLayout {
    public static let receiverIndex = 1
    public static let cookie = 5
    public static let byteCount = 21
}
