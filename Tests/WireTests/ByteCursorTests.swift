import Basics
import Testing
import Wire

@Suite struct ByteCursorTests {
    @Test func writesBigEndianAndReadsItBack() throws {
        let value = bytes32(from: 7)
        let bytes = written {
            $0.u8(1)
            $0.u16(0x0203)
            $0.u32(0x0405_0607)
            $0.u64(0x0809_0a0b_0c0d_0e0f)
            $0.u128(0x1011_1213_1415_1617_1819_1a1b_1c1d_1e1f)
            $0.bytes32(value)
            $0.signature(signature(from: 9))
            $0.array([1, 2, 3])
            $0.zeros(2)
        }
        #expect(Array(bytes.prefix(31)) == counting(from: 1, count: 15) + counting(from: 0x10, count: 16))
        var reader = ByteReader(bytes.span.bytes)
        #expect(try reader.u8(bytes.span.bytes) == 1)
        #expect(try reader.u16(bytes.span.bytes) == 0x0203)
        #expect(try reader.u32(bytes.span.bytes) == 0x0405_0607)
        #expect(try reader.u64(bytes.span.bytes) == 0x0809_0a0b_0c0d_0e0f)
        #expect(try reader.u128(bytes.span.bytes) == 0x1011_1213_1415_1617_1819_1a1b_1c1d_1e1f)
        #expect(try reader.bytes32(bytes.span.bytes) == value)
        #expect(try reader.signature(bytes.span.bytes) == signature(from: 9))
        #expect(try reader.rest(bytes.span.bytes).copy(of: bytes.span.bytes) == [1, 2, 3, 0, 0])
        #expect(reader.isAtEnd)
        #expect(throws: DecodeError.truncated) { try reader.u8(bytes.span.bytes) }
    }

    @Test func readsNothingBeyondItsRange() {
        let bytes = counting(from: 0, count: 10)
        var reader = ByteReader(ByteRange(offset: 4, count: 3))
        #expect(throws: DecodeError.truncated) { try reader.u32(bytes.span.bytes) }
        #expect(throws: DecodeError.truncated) { try reader.range(bytes.span.bytes, count: -1) }
        #expect(throws: DecodeError.truncated) { try reader.range(bytes.span.bytes, count: .max) }
        #expect(reader.at == 4 && reader.remaining == 3)
        var beyond = ByteReader(ByteRange(offset: 8, count: 4))
        #expect(throws: DecodeError.truncated) { try beyond.u8(bytes.span.bytes) }
        var outside = ByteReader(bytes.span.bytes, at: 11)
        #expect(outside.isAtEnd)
        #expect(throws: DecodeError.truncated) { try outside.u8(bytes.span.bytes) }
    }

    @Test func overflowSticksAndNeverTraps() {
        var writer = ByteWriter(capacity: 4)
        writer.u16(1)
        writer.u32(2)
        #expect(writer.overflowed && writer.count == 2)
        writer.u8(3)
        #expect(writer.bytes == [0, 1], "nothing is written after what was lost")
        #expect(writer.append(count: 1) { _ in true } == nil)
        writer.reset()
        #expect(!writer.overflowed && writer.isEmpty)
        writer.u32(5)
        #expect(!writer.overflowed && writer.bytes == [0, 0, 0, 5])
        writer.truncate(to: 1)
        #expect(writer.bytes == [0] && writer.range == ByteRange(offset: 0, count: 1))
        #expect(writer.append(count: -1) { _ in true } == nil && writer.overflowed)
    }
}
