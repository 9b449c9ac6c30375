/// Logarithms and powers in whole numbers, so that a history is the same on every machine: libm's differ.
///
/// A `Q32` has 32 bits behind the point.
package enum FixedPoint {
    package typealias Q32 = UInt64

    package static let one: Q32 = 1 << 32
    /// ln 2.
    package static let ln2: Q32 = 0xb172_17f8

    /// −log₂ of a fraction given by its first 64 bits, taken as at least 2⁻⁶⁴: by repeated squaring (Knuth, TAOCP 1,
    /// §1.2.2, exercise 25 ff.).
    package static func negatedLog2(ofFraction bits: UInt64) -> Q32 {
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

    /// The largest whole number whose square is not above `value`: by Newton's iteration from above.
    package static func squareRoot(_ value: UInt64) -> UInt64 {
        guard value > 1 else { return value }
        var root = UInt64(1) << UInt64((65 - value.leadingZeroBitCount) / 2)
        while true {
            let next = (root + value / root) / 2
            guard next < root else { return root }
            root = next
        }
    }
}
