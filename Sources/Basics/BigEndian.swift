// Integers as they are written in datagrams, signed bytes and stored keys: most significant byte first, so that keys
// sort as their numbers do.

extension FixedWidthInteger where Self: BitwiseCopyable {
    /// The bytes of the integer, most significant first.
    @inlinable
    public var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { [UInt8]($0) } }

    /// The integer whose bytes, most significant first, begin at an offset; nil where the span ends before they do.
    @inlinable
    public init?(bigEndianBytes span: RawSpan, at offset: Int = 0) {
        guard offset >= 0, span.byteCount - offset >= MemoryLayout<Self>.size else { return nil }
        self.init(bigEndian: span.unsafeLoadUnaligned(fromByteOffset: offset, as: Self.self))
    }
}
