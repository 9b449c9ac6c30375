import Basics
import CSodium

/// Sixty-four bytes of a BLAKE2b-512 hash.
public struct Digest512: Hashable, Sendable, BitwiseCopyable {
    /// The first 32 bytes.
    public let first: Bytes32
    /// The last 32 bytes.
    public let second: Bytes32

    /// The number of bytes.
    public static let byteCount = 64

    public init(first: Bytes32, second: Bytes32) {
        self.first = first
        self.second = second
    }

    /// Takes exactly 64 bytes, or returns nil.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Digest512.byteCount else { return nil }
        self.init(bytes.span.bytes)
    }

    /// Reads 64 bytes at `offset`, or nil where the span ends before.
    public init?(_ span: RawSpan, at offset: Int = 0) {
        guard offset >= 0, span.byteCount >= Digest512.byteCount, offset <= span.byteCount - Digest512.byteCount,
            let first = Bytes32(span, at: offset), let second = Bytes32(span, at: offset + Bytes32.count)
        else { return nil }
        self.init(first: first, second: second)
    }

    /// All bytes zero.
    public static let zero = Digest512(first: .zero, second: .zero)

    public var array: [UInt8] { first.array + second.array }

    /// Calls `body` with the bytes in order; the pointer is valid only during the call.
    @inline(__always)
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let (first, second) = (first.words, second.words)
        let ordered = (
            first.0.bigEndian, first.1.bigEndian, first.2.bigEndian, first.3.bigEndian,
            second.0.bigEndian, second.1.bigEndian, second.2.bigEndian, second.3.bigEndian
        )
        return Swift.withUnsafeBytes(of: ordered, body)
    }
}

/// The BLAKE2b hash (RFC 7693): all at once by the static methods, or piece by piece by an instance.
///
/// ```swift
/// var hash = Blake2b(.record)
/// hash.update(location.bytes)
/// hash.update(epoch.number)
/// let key = hash.finish()
/// ```
/// Numbers enter in big-endian order. An array or span enters without its length: to hash two of them, put the
/// length of the first before it.
///
/// An instance keeps its state on the heap, as libsodium wants it aligned, and wipes it in the end. The static methods
/// allocate nothing.
public struct Blake2b: ~Copyable {
    private let state: UnsafeMutableRawPointer
    private let byteCount: Int

    /// A hash of 256 bits.
    public init() { self.init(byteCount: Bytes32.count) }

    /// A hash of 256 bits that begins with a domain.
    public init(_ domain: Domain) {
        self.init()
        update(domain)
    }

    /// A keyed hash of 256 bits (RFC 7693 §2.9): a message authentication code, or the derivation of another key.
    public init(key: SecretKey) { self.init(byteCount: Bytes32.count, key: key) }

    /// A hash of 256 or 512 bits, keyed or not.
    init(byteCount: Int, key: SecretKey? = nil) {
        Sodium.prepare()
        self.byteCount = byteCount
        state = UnsafeMutableRawPointer.allocate(byteCount: Blake2b.stateSize, alignment: 64)
        if let key {
            _ = key.withOctets {
                crypto_generichash_blake2b_init(OpaquePointer(state), $0, SecretKey.byteCount, byteCount)
            }
        } else {
            _ = crypto_generichash_blake2b_init(OpaquePointer(state), nil, 0, byteCount)
        }
    }

    deinit {
        sodium_memzero(state, Blake2b.stateSize)
        state.deallocate()
    }

    private static let stateSize = crypto_generichash_blake2b_statebytes()

    public mutating func update(_ bytes: RawSpan) { bytes.withUnsafeBytes { update($0) } }

    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    public mutating func update(_ bytes: Bytes32) { bytes.withUnsafeBytes { update($0) } }

    public mutating func update(_ digest: Digest512) {
        update(digest.first)
        update(digest.second)
    }

    public mutating func update(_ secret: SecretKey) { secret.withUnsafeBytes { update($0) } }

    public mutating func update(_ domain: Domain) {
        var text = domain.rawValue
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// A number in big-endian order, as many bytes as its type has.
    public mutating func update(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { update($0) }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        _ = crypto_generichash_blake2b_update(OpaquePointer(state), bytes.octets, UInt64(bytes.count))
    }

    /// The hash of all that entered.
    public consuming func finish() -> Bytes32 {
        precondition(byteCount == Bytes32.count)
        return Bytes32 { crypto_generichash_blake2b_final(OpaquePointer(state), $0, Bytes32.count) } ?? .zero
    }

    /// The hash of all that entered, as a key.
    public consuming func finishSecret() -> SecretKey {
        precondition(byteCount == SecretKey.byteCount)
        return SecretKey { _ = crypto_generichash_blake2b_final(OpaquePointer(state), $0, SecretKey.byteCount) }
    }

    /// The hash of 512 bits.
    consuming func finish512() -> Digest512 {
        let secret = finishSecret512()
        return secret.withUnsafeBytes { Digest512($0.bytes) } ?? .zero
    }

    /// The hash of 512 bits in memory that is wiped.
    consuming func finishSecret512() -> SecretDigest {
        precondition(byteCount == Digest512.byteCount)
        return SecretDigest { _ = crypto_generichash_blake2b_final(OpaquePointer(state), $0, Digest512.byteCount) }
    }
}

extension Blake2b {
    /// The 256-bit hash of some bytes.
    public static func hash256(_ bytes: RawSpan) -> Bytes32 { bytes.withUnsafeBytes { hash256($0) } }

    /// The 256-bit hash of some bytes.
    public static func hash256(_ bytes: [UInt8]) -> Bytes32 { bytes.withUnsafeBytes { hash256($0) } }

    /// The 256-bit hash of 32 bytes.
    public static func hash256(_ bytes: Bytes32) -> Bytes32 { bytes.withUnsafeBytes { hash256($0) } }

    private static func hash256(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
        Sodium.prepare()
        return Bytes32 { output in
            crypto_generichash_blake2b(output, Bytes32.count, bytes.octets, UInt64(bytes.count), nil, 0)
        } ?? .zero
    }

    /// The 512-bit hash of some bytes.
    public static func hash512(_ bytes: RawSpan) -> Digest512 {
        var hash = Blake2b(byteCount: Digest512.byteCount)
        hash.update(bytes)
        return hash.finish512()
    }
}
