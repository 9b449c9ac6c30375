/// Thirty-two opaque bytes held as four words, so that copying, hashing and comparing allocate nothing.
///
/// Words are big-endian: comparing two values compares their bytes lexicographically.
public struct Bytes32: Hashable, Sendable, BitwiseCopyable {
    /// The bytes as four big-endian words, first bytes first.
    public var words: (UInt64, UInt64, UInt64, UInt64)

    /// The number of bytes.
    public static let count = 32

    @inlinable
    public init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// All bytes zero.
    public static let zero = Bytes32(words: (0, 0, 0, 0))

    /// Reads 32 bytes at `offset`, or nil where the span ends before.
    @inlinable
    public init?(_ span: RawSpan, at offset: Int = 0) {
        guard offset >= 0, span.byteCount >= Bytes32.count, offset <= span.byteCount - Bytes32.count else { return nil }
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: span.unsafeLoadUnaligned(fromByteOffset: offset + index * 8, as: UInt64.self))
        }
        words = (word(0), word(1), word(2), word(3))
    }

    /// Takes exactly 32 bytes, or returns nil.
    @inlinable
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Bytes32.count else { return nil }
        self.init(bytes.span.bytes)
    }

    /// Calls `body` with the bytes in order; the pointer is valid only during the call.
    @inlinable
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let ordered = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        return try Swift.withUnsafeBytes(of: ordered, body)
    }

    /// The bytes as an array: for keys, files and messages to people, not for hot paths.
    public var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    /// Bit `index`, counted from the most significant (0…255).
    @inlinable
    public func bit(_ index: Int) -> Bool {
        precondition(index >= 0 && index < 256)
        let word = index < 64 ? words.0 : index < 128 ? words.1 : index < 192 ? words.2 : words.3
        return word >> UInt64(63 - index % 64) & 1 == 1
    }

    @inlinable
    public static func ^ (left: Bytes32, right: Bytes32) -> Bytes32 {
        Bytes32(
            words: (
                left.words.0 ^ right.words.0, left.words.1 ^ right.words.1,
                left.words.2 ^ right.words.2, left.words.3 ^ right.words.3
            ))
    }

    /// The number of zero bits before the first one bit: 256 for zero.
    @inlinable
    public var leadingZeroBitCount: Int {
        if words.0 != 0 { return words.0.leadingZeroBitCount }
        if words.1 != 0 { return 64 + words.1.leadingZeroBitCount }
        if words.2 != 0 { return 128 + words.2.leadingZeroBitCount }
        return 192 + words.3.leadingZeroBitCount
    }

    @inlinable
    public static func == (left: Bytes32, right: Bytes32) -> Bool { left.words == right.words }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

extension Bytes32: Comparable {
    @inlinable
    public static func < (left: Bytes32, right: Bytes32) -> Bool { left.words < right.words }
}

extension Bytes32 {
    /// Sixty-four lowercase hexadecimal digits.
    public var hex: String { Hexadecimal.encode(array) }

    /// Reads 64 hexadecimal digits of either case, or returns nil.
    public init?(hex: some StringProtocol) {
        guard let bytes = Hexadecimal.decode(hex) else { return nil }
        self.init(bytes)
    }
}

/// A value that is nothing but 32 bytes with a meaning: an identifier or a public key.
public protocol Bytes32Convertible: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    var bytes: Bytes32 { get }
    init(_ bytes: Bytes32)
}

extension Bytes32Convertible {
    /// Sixty-four lowercase hexadecimal digits.
    public var hex: String { bytes.hex }

    public var description: String { hex }

    /// Reads 64 hexadecimal digits, or returns nil.
    public init?(hex: some StringProtocol) {
        guard let bytes = Bytes32(hex: hex) else { return nil }
        self.init(bytes)
    }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}
