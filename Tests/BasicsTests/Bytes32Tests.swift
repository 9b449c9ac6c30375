import Basics
import Testing

/// Bytes32, Distance and hexadecimal text, each beside a slow model on arrays of bytes.
@Suite struct Bytes32Tests {
    @Test func keepsItsBytesInOrder() throws {
        let bytes = (0..<32).map { UInt8($0) }
        let value = try #require(Bytes32(bytes))
        #expect(value.words.0 == 0x0001_0203_0405_0607)
        #expect(value.array == bytes)
        #expect(value.hex == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        #expect(Bytes32(hex: value.hex.uppercased()) == value)
        #expect(NodeID(hex: value.hex)?.bytes == value)
        #expect(NodeID(value).description == value.hex)
    }

    @Test func readsOnlyWhereThereAre32Bytes() {
        let bytes = (0..<40).map { UInt8($0) }
        for offset in 0...8 {
            let read = Bytes32(bytes.span.bytes, at: offset)
            #expect(read?.array == Array(bytes[offset..<offset + 32]))
        }
        for offset in [-1, 9, 40, 41, .max, .min] {
            let read = Bytes32(bytes.span.bytes, at: offset)
            #expect(read == nil)
        }
        for count in [0, 31, 33] { #expect(Bytes32(Array(bytes.prefix(count))) == nil) }
        for text in ["", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 66)] {
            #expect(Bytes32(hex: text) == nil)
        }
    }

    @Test func readsASignatureOnlyWhereThereAre64Bytes() {
        let bytes = (0..<70).map { UInt8($0) }
        for offset in 0...6 {
            let read = Signature(bytes.span.bytes, at: offset)
            #expect(read?.array == Array(bytes[offset..<offset + 64]))
        }
        for offset in [-1, 7, 70, .max - 32, .max, .min] {
            let read = Signature(bytes.span.bytes, at: offset)
            #expect(read == nil)
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func behavesAsAnArrayOfBytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let left = generator.bytes32()
        // Often close, so that all words matter.
        var right = left
        switch seed % 6 {
        case 0: right.words.0 ^= 1 << (generator.next() % 64)
        case 1: right.words.1 ^= 1 << (generator.next() % 64)
        case 2: right.words.2 ^= 1 << (generator.next() % 64)
        case 3: right.words.3 ^= 1 << (generator.next() % 64)
        case 4: right = generator.bytes32()
        default: break
        }
        #expect((left < right) == left.array.lexicographicallyPrecedes(right.array))
        #expect((left == right) == (left.array == right.array))
        let distance = Distance(left, right)
        let xor = zip(left.array, right.array).map { $0 ^ $1 }
        #expect(distance.value.array == xor)
        let bits = (0..<256).map { xor[$0 / 8] >> UInt8(7 - $0 % 8) & 1 == 1 }
        #expect(distance.commonPrefixLength == bits.firstIndex(of: true) ?? 256)
        #expect((0..<256).map { distance.value.bit($0) } == bits)
        #expect(Bytes32(hex: left.hex) == left)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func distanceIsAMetric(seed: UInt64) {
        // Kademlia, §2.1: symmetric, zero only to itself, unidirectional, and the triangle inequality by XOR.
        var generator = SeededGenerator(seed: seed)
        let (a, b, c) = (generator.bytes32(), generator.bytes32(), generator.bytes32())
        #expect(Distance(a, b) == Distance(b, a))
        #expect(Distance(a, a).value == .zero)
        #expect(Distance(a, b).value ^ Distance(b, c).value == Distance(a, c).value)
        #expect((Distance(a, b) < Distance(a, c)) == ((a ^ b) < (a ^ c)))
        #expect(Distance(a, b) != Distance(a, c))
        #expect(NodeID(a).distance(to: b) == Distance(a, b))
    }

    @Test func readsHexadecimalOfEitherCase() {
        #expect(Hexadecimal.encode([0x00, 0x7f, 0xff, 0x0a]) == "007fff0a")
        #expect(Hexadecimal.decode("007FfF0a") == [0x00, 0x7f, 0xff, 0x0a])
        #expect(Hexadecimal.decode("") == [])
        for text in ["0", "000", "0g", "g0", "+1", " 0", "0x", "é", "٣٣", "/0", ":0", "@0", "`0"] {
            #expect(Hexadecimal.decode(text) == nil, "\(text)")
        }
        #expect((0...255).allSatisfy { Hexadecimal.decode(Hexadecimal.encode([UInt8($0)])) == [UInt8($0)] })
    }

    @Test func namesAMessageInHexadecimal() {
        let id = MessageID(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10)
        #expect(id.description == "0102030405060708090a0b0c0d0e0f10")
        #expect(MessageID(1).description.count == 32)
        #expect(MessageID(1) < MessageID(1 << 64))
    }
}
