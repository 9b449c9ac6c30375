import Basics
import CSodium

/// What a person types to seal something, wiped when the last copy goes. Compared byte by byte: nothing is trimmed or made
/// equal, so that a passphrase is the same on every system that types the same bytes.
public struct Passphrase: Sendable {
    private let storage: SecretBytes
    private let count: Int

    /// Bytes of a passphrase at most: more is a file named by mistake.
    public static let longest = 1_024
    /// Bytes of a salt.
    public static let saltSize = 16

    /// Takes 1 to `longest` bytes, or returns nil; the caller's own copy isn't wiped.
    public init?(_ bytes: [UInt8]) {
        guard (1...Passphrase.longest).contains(bytes.count) else { return nil }
        count = bytes.count
        storage = SecretBytes(count: bytes.count) { output in
            for (index, byte) in bytes.enumerated() { output[index] = byte }
        }
    }

    /// The key that follows from it by Argon2id (RFC 9106, one lane), or nil where there isn't the memory. `salt` must be
    /// `saltSize` bytes, and drawn anew for each use.
    public func key(salt: [UInt8], cost: Cost) -> SecretKey? {
        guard salt.count == Passphrase.saltSize, cost.isAcceptable else { return nil }
        Sodium.prepare()
        var isDone = false
        let key = SecretKey { output in
            isDone = storage.withOctets { passphrase in
                passphrase.withMemoryRebound(to: CChar.self, capacity: count) {
                    crypto_pwhash(
                        output, UInt64(SecretKey.byteCount), $0, UInt64(count), salt, UInt64(cost.passes),
                        Int(cost.kibibytes) << 10, crypto_pwhash_alg_argon2id13())
                } == 0
            }
        }
        return isDone ? key : nil
    }

    /// What it costs to try one passphrase.
    public struct Cost: Hashable, Sendable {
        /// Passes over the memory.
        public let passes: UInt32
        /// Memory in KiB.
        public let kibibytes: UInt32

        public init(passes: UInt32, kibibytes: UInt32) {
            self.passes = passes
            self.kibibytes = kibibytes
        }

        /// Of what leaves the machine: half a second, and a quarter of a gigabyte.
        public static let export = Cost(passes: 3, kibibytes: 256 << 10)
        /// Of what is opened at each start, on small machines too: a tenth of a second.
        public static let start = Cost(passes: 3, kibibytes: 64 << 10)

        /// Whether it is within what this program spends on anybody's file: 16 passes, and 1 GiB.
        public var isAcceptable: Bool { (1...16).contains(passes) && (8...1 << 20).contains(kibibytes) }

        /// Eight bytes: passes and KiB.
        var bytes: [UInt8] { passes.bigEndianBytes + kibibytes.bigEndianBytes }

        init?(_ span: RawSpan, at offset: Int) {
            guard let passes = UInt32(bigEndianBytes: span, at: offset),
                let kibibytes = UInt32(bigEndianBytes: span, at: offset + 4)
            else { return nil }
            self.init(passes: passes, kibibytes: kibibytes)
        }
    }
}

extension Passphrase: Equatable {
    /// Takes the same time wherever the two differ.
    public static func == (left: Passphrase, right: Passphrase) -> Bool { left.storage.equals(right.storage) }
}

extension Passphrase: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Never the bytes.
    public var description: String { "Passphrase(redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
