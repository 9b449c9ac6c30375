import Basics
import Cryptography
import Testing

/// The bytes of hexadecimal text with any white space in it.
func bytes(_ hex: String) throws -> [UInt8] {
    try #require(Hexadecimal.decode(hex.filter { !$0.isWhitespace }))
}

func secret(_ hex: String) throws -> SecretKey { try #require(SecretKey(try bytes(hex))) }

func bytes32(_ hex: String) throws -> Bytes32 { try #require(Bytes32(hex: hex)) }

/// 0, 1, 2, … as often as asked for, from another start where one is given.
func counting(_ count: Int, from start: UInt8 = 0) -> [UInt8] {
    (0..<count).map { start &+ UInt8(truncatingIfNeeded: $0) }
}

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
    mutating func secretKey() -> SecretKey { SecretKey(bytes32()) }
}

extension [UInt8] {
    /// The same with one bit changed.
    func flipping(bit: Int) -> [UInt8] {
        var copy = self
        copy[bit / 8] ^= 1 << UInt8(bit % 8)
        return copy
    }
}

extension Bytes32 {
    /// The same with one bit changed.
    func flipping(bit: Int) -> Bytes32 { Bytes32(array.flipping(bit: bit)) ?? .zero }
}
