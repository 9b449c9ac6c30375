import Foundation
import Simulation
import Testing

/// Whole-number functions against those of the C library, which only tests may use.
@Suite struct FixedPointTests {
    @Test func logarithmsAreThoseOfTheLibrary() {
        for exponent in 0..<64 {
            for step in 0..<37 {
                let bits =
                    (UInt64(1) << UInt64(exponent)) | (UInt64(step) &* 0x0123_4567_89ab_cdef >> UInt64(63 - exponent))
                let expected = 64 - log2(Double(bits))
                let found = Double(FixedPoint.negatedLog2(ofFraction: bits)) / Double(FixedPoint.one)
                #expect(abs(found - expected) < 1e-8, "\(bits)")
            }
        }
        #expect(FixedPoint.negatedLog2(ofFraction: 1 << 63) == FixedPoint.one)
        #expect(FixedPoint.negatedLog2(ofFraction: 0) == 64 * FixedPoint.one)
    }

    @Test func squareRootsAreExact() {
        let edges: [UInt64] = [0, 1, 2, 3, 4, 8, 9, 15, 16, 17, 1 << 32, (1 << 32) - 1, .max]
        for value in edges + (0..<2_000).map({ $0 * $0 + 1 }) {
            let root = FixedPoint.squareRoot(value)
            let (square, isTooLarge) = root.multipliedReportingOverflow(by: root)
            #expect(!isTooLarge && square <= value)
            let (next, isLarger) = (root + 1).multipliedReportingOverflow(by: root + 1)
            #expect(isLarger || next > value)
        }
    }
}
