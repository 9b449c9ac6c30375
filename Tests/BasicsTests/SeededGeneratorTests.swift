import Basics
import Testing

@Suite struct SeededGeneratorTests {
    // By a separate implementation in Python; SplitMix64 alone gives e220a8397b1dcdaf first for the seed 0.
    private static let vectors: [UInt64: [UInt64]] = [
        0: [0x99ec_5f36_cb75_f2b4, 0xbf6e_1f78_4956_452a, 0x1a5f_849d_4933_e6e0, 0x6aa5_94f1_262d_2d2c],
        42: [0x1578_0b2e_0c2e_c716, 0x6104_d986_6d11_3a7e, 0xae17_5332_39e4_99a1, 0xecb8_ad47_03b3_60a1],
    ]

    @Test(arguments: vectors)
    func givesXoshiro256(seed: UInt64, expected: [UInt64]) {
        var generator = SeededGenerator(seed: seed)
        var copy = generator
        #expect(expected.map { _ in generator.next() } == expected)
        #expect(copy.bytes32() == Bytes32(words: (expected[0], expected[1], expected[2], expected[3])))
    }

    @Test func differsBySeed() {
        let first = (0..<1_000 as Range<UInt64>).map { seed in
            var generator = SeededGenerator(seed: seed)
            return generator.next()
        }
        #expect(Set(first).count == first.count)
    }
}
