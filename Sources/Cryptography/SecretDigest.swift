import Basics

/// Sixty-four secret bytes: a hash that others follow from, such as the chaining key of Noise. Wiped when the last copy
/// goes.
public struct SecretDigest: Sendable {
    let storage: SecretBytes

    /// Takes bytes that are secret from now on; the caller's own copy isn't wiped.
    public init(_ digest: Digest512) {
        self.init { output in
            digest.first.withOctets { output.update(from: $0, count: Bytes32.count) }
            digest.second.withOctets { (output + Bytes32.count).update(from: $0, count: Bytes32.count) }
        }
    }

    /// The bytes that `body` writes straight into the protected memory.
    init(filledBy body: (UnsafeMutablePointer<UInt8>) -> Void) {
        storage = SecretBytes(count: Digest512.byteCount, filledBy: body)
    }

    /// Calls `body` with all 64 bytes.
    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { storage.withUnsafeBytes(body) }

    /// A copy that nothing wipes: for writing a seed to disk.
    public var exposedBytes: Digest512 { withUnsafeBytes { Digest512($0.bytes) } ?? .zero }

    /// The first 32 bytes, as Noise truncates a 64-byte output to a cipher key (§5.1, §5.2).
    var firstHalf: SecretKey { half(at: 0) }

    /// The last 32 bytes.
    var secondHalf: SecretKey { half(at: SecretKey.byteCount) }

    private func half(at offset: Int) -> SecretKey {
        SecretKey { output in
            storage.withOctets { output.update(from: $0 + offset, count: SecretKey.byteCount) }
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
