import Basics
import Wire

/// Reads an input as a script. After its end it reads zeros: every input is a script.
struct Script {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at >= bytes.count }

    /// How many steps a script of a world has, and whether it is played to the end of all that it has begun. Most time goes into that end, so
    /// the highest bit of the first byte makes a short script of it, of which a fuzzer can try many more.
    static func extent(of input: [UInt8]) -> (steps: Int, isWhole: Bool) {
        (input.first ?? 0) & 0x80 == 0 ? (64, true) : (16, false)
    }

    mutating func u8() -> UInt8 {
        guard at < bytes.count else { return 0 }
        defer { at += 1 }
        return bytes[at]
    }

    mutating func u16() -> UInt16 { UInt16(u8()) << 8 | UInt16(u8()) }
    mutating func u64() -> UInt64 { (0..<8).reduce(0) { word, _ in word << 8 | UInt64(u8()) } }
    mutating func flag() -> Bool { u8() & 1 == 1 }

    /// A number from 0 to less than `bound`, at most 256.
    mutating func below(_ bound: Int) -> Int { Int(u8()) % bound }

    /// One of some values; there must be one.
    mutating func one<Value>(of values: [Value]) -> Value { values[below(values.count)] }

    /// At most as many bytes as are left.
    mutating func bytes(_ count: Int) -> [UInt8] {
        let end = min(bytes.count, at + count)
        defer { at = end }
        return at < end ? Array(bytes[at..<end]) : []
    }

    /// A length of one byte, and so many bytes.
    mutating func string() -> [UInt8] { bytes(Int(u8())) }

    /// All that is left.
    mutating func rest() -> [UInt8] { bytes(bytes.count) }

    mutating func bytes32() -> Bytes32 { Bytes32(words: (u64(), u64(), u64(), u64())) }
}
