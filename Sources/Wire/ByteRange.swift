/// A part of a span by position. Decoded values name their variable parts with it, so that they carry no lifetimes.
public struct ByteRange: Hashable, Sendable, BitwiseCopyable {
    public let offset: Int
    public let count: Int

    /// Both at least 0.
    @inlinable
    public init(offset: Int, count: Int) {
        precondition(offset >= 0 && count >= 0)
        self.offset = offset
        self.count = count
    }

    /// The first position after the part.
    @inlinable
    public var end: Int { offset + count }

    /// For `span.extracting(range.bounds)`.
    @inlinable
    public var bounds: Range<Int> { offset..<end }

    /// A copy of the part of `span`; not for hot paths.
    public func copy(of span: RawSpan) -> [UInt8] {
        span.extracting(bounds).withUnsafeBytes { [UInt8]($0) }
    }
}
