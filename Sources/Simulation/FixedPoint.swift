/// Logarithms and powers in whole numbers, so that a history is the same on every machine: libm's differ.
///
/// A `Q32` has 32 bits behind the point.
enum FixedPoint {
    typealias Q32 = UInt64

    static let one: Q32 = 1 << 32
    /// ln 2.
    static let ln2: Q32 = 0xb172_17f8

    /// −log₂ of a fraction given by its first 64 bits, taken as at least 2⁻⁶⁴: by repeated squaring (Knuth, TAOCP 1,
    /// §1.2.2, exercise 25 ff.).
    static func negatedLog2(ofFraction bits: UInt64) -> Q32 {
        let bits = max(bits, 1)
        let zeros = bits.leadingZeroBitCount
        // The fraction is x / 2^(zeros + 1), x in [1, 2) with 63 bits behind the point.
        var x = bits << zeros
        var log: Q32 = 0
        for _ in 0..<32 {
            let square = x.multipliedFullWidth(by: x).high
            // The square has 62 bits behind the point, and lies in [1, 4).
            let isTwoOrMore = square >> 63 == 1
            log = log << 1 | (isTwoOrMore ? 1 : 0)
            x = isTwoOrMore ? square : square << 1
        }
        return (UInt64(zeros) + 1) << 32 - log
    }

    /// 2 to the power of −`exponent`, as a fraction's first 64 bits.
    static func fraction(ofNegatedLog2 exponent: Q32) -> UInt64 {
        let whole = exponent >> 32
        guard whole < 64 else { return 0 }
        // 2^(−0.b₁b₂…) is the product of 2^(−2^(−i)) over the set bits.
        var product = UInt64.max
        var root = halfRoots.startIndex
        for bit in stride(from: 31, through: 0, by: -1) {
            if exponent >> UInt64(bit) & 1 == 1 { product = product.multipliedFullWidth(by: halfRoots[root]).high }
            root += 1
        }
        return product >> whole
    }

    /// 2^(−2^(−i)) for i = 1…32, by square roots.
    private static let halfRoots: [UInt64] = {
        var roots: [UInt64] = []
        var value: UInt64 = 1 << 63
        for _ in 0..<32 {
            value = squareRoot(ofFraction: value)
            roots.append(value)
        }
        return roots
    }()

    /// The square root of a fraction, both by their first 64 bits: digit by digit.
    private static func squareRoot(ofFraction bits: UInt64) -> UInt64 {
        var root: UInt64 = 0
        for position in stride(from: 63, through: 0, by: -1) {
            let candidate = root | 1 << UInt64(position)
            let square = candidate.multipliedFullWidth(by: candidate)
            if square.high < bits || (square.high == bits && square.low == 0) { root = candidate }
        }
        return root
    }

    /// The largest whole number whose square is not above `value`: by Newton's iteration from above.
    static func squareRoot(_ value: UInt64) -> UInt64 {
        guard value > 1 else { return value }
        var root = UInt64(1) << UInt64((65 - value.leadingZeroBitCount) / 2)
        while true {
            let next = (root + value / root) / 2
            guard next < root else { return root }
            root = next
        }
    }
}
