import Basics
import Testing

@Suite struct BigEndianTests {
    @Test func theMostSignificantByteComesFirst() {
        #expect(UInt32(0x0102_0304).bigEndianBytes == [1, 2, 3, 4])
        #expect(Int64(-2).bigEndianBytes == [255, 255, 255, 255, 255, 255, 255, 254])
        #expect(UInt8(7).bigEndianBytes == [7])
        #expect((UInt128(1) << 120).bigEndianBytes == [1] + [UInt8](repeating: 0, count: 15))
    }

    @Test func whatWasWrittenIsRead() {
        func check<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
            let bytes = [9] + value.bigEndianBytes + [9]
            #expect(Value(bigEndianBytes: bytes.span.bytes, at: 1) == value)
        }
        for number in [0, 1, 0x0123_4567_89AB_CDEF, .max] as [UInt64] {
            check(number)
            check(Int64(truncatingIfNeeded: number))
            check(UInt32(truncatingIfNeeded: number))
            check(UInt16(truncatingIfNeeded: number))
            check(UInt128(number) << 64 | 5)
        }
    }

    @Test(arguments: [-1, 1, 8, .max, .min]) func aSpanThatEndsBeforeGivesNothing(offset: Int) {
        let bytes = [UInt8](repeating: 1, count: 8)
        #expect(UInt64(bigEndianBytes: bytes.span.bytes, at: offset) == nil)
        #expect(UInt64(bigEndianBytes: [UInt8]().span.bytes) == nil)
    }
}
