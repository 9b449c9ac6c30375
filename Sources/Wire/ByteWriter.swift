import Basics

/// Writes big-endian bytes into storage that is allocated once and reused.
///
/// What doesn't fit is not written and sets `overflowed`, which stays set until `reset()`: check it once, at the end.
public struct ByteWriter: Sendable {
    private var storage: [UInt8]
    /// The number of bytes written.
    public private(set) var count = 0
    /// Whether something didn't fit, or wasn't there. Nothing is written from then on.
    public private(set) var overflowed = false

    /// Storage for `capacity` bytes, 0 or more.
    public init(capacity: Int) { storage = [UInt8](repeating: 0, count: capacity) }

    /// The number of bytes there is storage for.
    public var capacity: Int { storage.count }

    public var isEmpty: Bool { count == 0 }

    /// Forgets all that was written and keeps the storage.
    public mutating func reset() {
        count = 0
        overflowed = false
    }

    /// Forgets what was written after the first `count` bytes.
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        self.count = count
    }

    /// Everything written so far, as a range to cut out of `withSpan`'s span.
    public var range: ByteRange { ByteRange(offset: 0, count: count) }

    /// Calls `body` with what was written; the span is valid only during the call.
    public func withSpan<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
        try body(storage.span.bytes.extracting(0..<count))
    }

    /// A copy of what was written; not for hot paths.
    public var bytes: [UInt8] { [UInt8](storage[..<count]) }

    /// Makes room for `count` bytes and lets `fill` write all of them. Nil, and `fill` is not called, when they don't
    /// fit.
    @discardableResult
    public mutating func append<Result>(
        count added: Int, fill: (UnsafeMutableRawBufferPointer) -> Result
    ) -> Result? {
        guard let offset = claim(added) else { return nil }
        return storage.withUnsafeMutableBytes {
            fill(UnsafeMutableRawBufferPointer(rebasing: $0[offset..<offset + added]))
        }
    }

    public mutating func u8(_ value: UInt8) { integer(value) }
    public mutating func u16(_ value: UInt16) { integer(value) }
    public mutating func u32(_ value: UInt32) { integer(value) }
    public mutating func u64(_ value: UInt64) { integer(value) }
    public mutating func u128(_ value: UInt128) {
        integer(UInt64(truncatingIfNeeded: value >> 64))
        integer(UInt64(truncatingIfNeeded: value))
    }

    public mutating func bytes32(_ value: Bytes32) {
        value.withUnsafeBytes { copy($0) }
    }

    public mutating func signature(_ value: Signature) {
        bytes32(value.r)
        bytes32(value.s)
    }

    /// Six bytes. The endpoint must be an IPv4 one.
    public mutating func ipv4Endpoint(_ value: Endpoint) {
        u32(value.ipv4 ?? 0)
        u16(value.port)
    }

    /// Eighteen bytes; an IPv4 address in its IPv6-mapped form.
    public mutating func endpoint(_ value: Endpoint) {
        u64(value.high)
        u64(value.low)
        u16(value.port)
    }

    public mutating func span(_ value: RawSpan) {
        value.withUnsafeBytes { copy($0) }
    }

    public mutating func array(_ value: [UInt8]) {
        value.withUnsafeBytes { copy($0) }
    }

    public mutating func zeros(_ count: Int) {
        append(count: count) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
    }

    private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        append(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    private mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        append(count: MemoryLayout<Value>.size) { $0.storeBytes(of: value.bigEndian, as: Value.self) }
    }

    /// Gives up: what is to be written isn't there.
    mutating func overflow() { overflowed = true }

    /// The offset at which `added` bytes now have room.
    private mutating func claim(_ added: Int) -> Int? {
        guard !overflowed, added >= 0, added <= storage.count - count else {
            overflowed = true
            return nil
        }
        defer { count += added }
        return count
    }
}
