import Basics

/// Sixty-four secret bytes: a hash that others follow from, such as the chaining key of Noise. Wiped when the last copy
/// goes.
public struct SecretDigest: Sendable {
    let storage: SecretBytes

    /// Takes bytes that are secret from now on; the caller's own copy isn't wiped.
    public init(_ digest: Digest512) {
        storage = SecretBytes(count: Digest512.byteCount)
        storage.buffer.copyBytes(from: digest.array)
    }

    /// The bytes that `body` writes straight into the protected memory.
    init(filledBy body: (UnsafeMutablePointer<UInt8>) -> Void) {
        storage = SecretBytes(count: Digest512.byteCount)
        body(storage.octets)
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withExtendedLifetime(storage) { body(UnsafeRawBufferPointer(storage.buffer)) }
    }

    /// The first 32 bytes, as Noise truncates a 64-byte output to a cipher key (§5.1, §5.2).
    func truncated() -> SecretKey {
        SecretKey { output in
            for index in 0..<SecretKey.byteCount { output[index] = storage.octets[index] }
        }
    }
}

extension SecretDigest: Equatable, CustomStringConvertible, CustomReflectable {
    /// Takes the same time wherever the two differ.
    public static func == (left: SecretDigest, right: SecretDigest) -> Bool { left.storage.equals(right.storage) }

    /// Never the bytes.
    public var description: String { "SecretDigest(redacted)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
