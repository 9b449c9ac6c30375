import Basics
import CSodium

/// libsodium, made ready at first use.
enum Sodium {
    /// Chooses the fastest implementations for this processor. A static is initialised exactly once, on any thread.
    private static let isReady = sodium_init() >= 0

    /// Every way into libsodium passes here; after the first time it costs one load.
    @inline(__always)
    static func prepare() {
        precondition(isReady, "libsodium could not be initialised")
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes as C functions take them; nil only where there are none.
    @inline(__always)
    var octets: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
    /// The bytes as C functions write them; nil only where there are none.
    @inline(__always)
    var octets: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension Bytes32 {
    /// Calls `body` with a pointer to the 32 bytes.
    @inline(__always)
    func withOctets<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        let ordered = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        return withUnsafePointer(to: ordered) { body(UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self)) }
    }

    /// The 32 bytes that `body` writes, or nil where it doesn't return 0, as C functions report failure.
    @inline(__always)
    init?(filledBy body: (UnsafeMutablePointer<UInt8>) -> Int32) {
        var ordered: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let status = withUnsafeMutablePointer(to: &ordered) {
            body(UnsafeMutableRawPointer($0).assumingMemoryBound(to: UInt8.self))
        }
        guard status == 0 else { return nil }
        self.init(
            words: (
                UInt64(bigEndian: ordered.0), UInt64(bigEndian: ordered.1),
                UInt64(bigEndian: ordered.2), UInt64(bigEndian: ordered.3)
            ))
    }
}
