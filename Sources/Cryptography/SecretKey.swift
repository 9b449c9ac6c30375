import Basics
import CSodium

/// Thirty-two secret bytes: a private key, a symmetric key or a seed.
///
/// They lie in one place on the heap however often the value is copied, and are wiped when the last copy goes. They are
/// not locked into memory: a node holds thousands of session keys, and each lock would cost a page.
public struct SecretKey: Sendable {
    let storage: SecretBytes

    /// The number of bytes.
    public static let byteCount = 32

    /// Takes bytes that are secret from now on; the caller's own copy isn't wiped.
    public init(_ bytes: Bytes32) {
        self.init { output in
            bytes.withOctets { output.update(from: $0, count: SecretKey.byteCount) }
        }
    }

    /// Takes exactly 32 bytes, or returns nil.
    public init?(_ bytes: [UInt8]) {
        guard let bytes = Bytes32(bytes) else { return nil }
        self.init(bytes)
    }

    /// The bytes that `body` writes straight into the protected memory.
    init(filledBy body: (UnsafeMutablePointer<UInt8>) -> Void) {
        storage = SecretBytes(count: SecretKey.byteCount, filledBy: body)
    }

    /// Calls `body` with the 32 bytes; the pointer is valid only during the call.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try storage.withUnsafeBytes(body)
    }

    /// Calls `body` with a pointer to the 32 bytes.
    @inline(__always)
    func withOctets<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        storage.withOctets(body)
    }

    /// A copy that nothing wipes: for writing a key to disk.
    public var exposedBytes: Bytes32 {
        var copy = Bytes32.zero
        withUnsafeBytes { copy = Bytes32($0.bytes) ?? .zero }
        return copy
    }
}

extension SecretKey: Equatable {
    /// Takes the same time wherever the two differ.
    public static func == (left: SecretKey, right: SecretKey) -> Bool { left.storage.equals(right.storage) }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Never the bytes.
    public var description: String { "SecretKey(redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Secret bytes in one place on the heap, wiped when the last copy goes.
// Safe to share: the memory is written only by init, before any other code sees it, and by the buffer's deinit, when no
// reference is left. It is reached only through methods that keep the buffer alive meanwhile.
struct SecretBytes: @unchecked Sendable {
    /// The bytes, after their number: one allocation.
    private final class Buffer: ManagedBuffer<Int, UInt8> {
        deinit { withUnsafeMutablePointers { count, octets in sodium_memzero(octets, count.pointee) } }
    }

    private let buffer: ManagedBuffer<Int, UInt8>

    /// What `body` writes over zeroes.
    init(count: Int, filledBy body: (UnsafeMutablePointer<UInt8>) -> Void) {
        Sodium.prepare()
        buffer = Buffer.create(minimumCapacity: count) { _ in count }
        buffer.withUnsafeMutablePointerToElements { octets in
            octets.initialize(repeating: 0, count: count)
            body(octets)
        }
    }

    /// Calls `body` with a pointer to the first byte.
    @inline(__always)
    func withOctets<Result>(_ body: (UnsafePointer<UInt8>) throws -> Result) rethrows -> Result {
        try buffer.withUnsafeMutablePointerToElements { try body(UnsafePointer($0)) }
    }

    /// Calls `body` with all bytes.
    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withOctets { try body(UnsafeRawBufferPointer(start: $0, count: buffer.header)) }
    }

    /// Compares in a time that depends on the length alone.
    func equals(_ other: SecretBytes) -> Bool {
        let count = buffer.header
        return withOctets { octets in
            other.withOctets { count == other.buffer.header && sodium_memcmp(octets, $0, count) == 0 }
        }
    }
}
