/// A node in the keyspace: the BLAKE2b-256 hash of its X25519 static public key.
public struct NodeID: Bytes32Convertible {
    public let bytes: Bytes32
    @inlinable
    public init(_ bytes: Bytes32) { self.bytes = bytes }
}

/// A place in the keyspace at which a peer's mailbox or record lies in one epoch: the BLAKE2b-256 hash of a blinded
/// key.
public struct Location: Bytes32Convertible {
    public let bytes: Bytes32
    @inlinable
    public init(_ bytes: Bytes32) { self.bytes = bytes }
}

/// The mail that waits for one peer at one location in one epoch. A mailbox is named by its location.
public typealias MailboxID = Location

/// The BLAKE2b-256 hash of a whole envelope.
public struct EnvelopeID: Bytes32Convertible {
    public let bytes: Bytes32
    @inlinable
    public init(_ bytes: Bytes32) { self.bytes = bytes }
}

/// A person: their Ed25519 public key (RFC 8032). As text it is bech32m, `roost1…`.
public struct PeerID: Bytes32Convertible {
    public let bytes: Bytes32
    @inlinable
    public init(_ bytes: Bytes32) { self.bytes = bytes }
}

/// An X25519 public key (RFC 7748): of a node, a client, an ephemeral or a person's prekey.
public struct PublicKey: Bytes32Convertible {
    public let bytes: Bytes32
    @inlinable
    public init(_ bytes: Bytes32) { self.bytes = bytes }
}

/// A peer's Ed25519 public key blinded for one purpose and epoch, A′ = h·A: it signs for a location and doesn't reveal
/// the peer.
public struct BlindedKey: Bytes32Convertible {
    public let bytes: Bytes32
    @inlinable
    public init(_ bytes: Bytes32) { self.bytes = bytes }
}

/// An Ed25519 signature (RFC 8032): 64 bytes.
public struct Signature: Hashable, Sendable, BitwiseCopyable {
    /// The encoded point R.
    public let r: Bytes32
    /// The scalar S.
    public let s: Bytes32

    public static let byteCount = 64

    @inlinable
    public init(r: Bytes32, s: Bytes32) {
        self.r = r
        self.s = s
    }

    /// Reads 64 bytes at `offset`, or nil where the span ends before.
    @inlinable
    public init?(_ span: RawSpan, at offset: Int = 0) {
        guard let r = Bytes32(span, at: offset), let s = Bytes32(span, at: offset + 32) else { return nil }
        self.init(r: r, s: s)
    }

    public var array: [UInt8] { r.array + s.array }
}

/// A message between two peers, drawn at random by its sender: 128 bits.
public struct MessageID: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public let value: UInt128

    @inlinable
    public init(_ value: UInt128) { self.value = value }

    @inlinable
    public static func < (left: MessageID, right: MessageID) -> Bool { left.value < right.value }

    /// The sixteen bytes, most significant first.
    public var array: [UInt8] { value.bigEndianBytes }

    /// Thirty-two lowercase hexadecimal digits.
    public var hex: String { Hexadecimal.encode(array) }
    public var description: String { hex }

    /// Takes exactly 16 bytes, or returns nil.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
    }

    /// Reads 32 hexadecimal digits, or returns nil.
    public init?(hex: some StringProtocol) {
        guard let bytes = Hexadecimal.decode(hex) else { return nil }
        self.init(bytes)
    }
}
