import Basics
import Storage

/// One batch of writes as it lies in the journal:
/// ```
/// 0 "RSTJ" · 4 bytes in all · 8 journal · 16 ordinal · 24 count of writes · 32 checksum of all the rest
/// 40 each write: table u8 · size of the key u16 · size of the value u32 (all ones: removed) · key · value
/// ```
/// Numbers are big-endian. A record begins a block and fills up its last: so writing one touches no block that holds another, and
/// a power cut can tear only the record that is being written.
///
/// Senders choose what lies in envelopes. None of it can pass for a record, as nobody outside knows the journal's number.
package struct JournalRecord {
    /// The place in the order of all records of a store.
    let ordinal: UInt64
    package let writes: [StoreWrite]
    /// Bytes that the record fills in the journal.
    let size: Int

    /// The largest unit that disks write or tear.
    static let block = 4_096
    private static let header = 40
    private static let magic: UInt32 = 0x5253_544A
    private static let head = 7
    private static let removed = UInt32.max

    /// Bytes that a record of these writes fills.
    static func size(of writes: [StoreWrite]) -> Int { (byteCount(of: writes) + block - 1) / block * block }

    private static func byteCount(of writes: [StoreWrite]) -> Int {
        writes.reduce(header) { $0 + head + $1.key.count + ($1.value?.count ?? 0) }
    }

    /// The record of a batch.
    package static func encode(_ writes: [StoreWrite], ordinal: UInt64, journal: UInt64) -> [UInt8] {
        let count = byteCount(of: writes)
        var record = [UInt8](repeating: 0, count: size(of: writes))
        record.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: magic.bigEndian, as: UInt32.self)
            bytes.storeBytes(of: UInt32(clamping: count).bigEndian, toByteOffset: 4, as: UInt32.self)
            bytes.storeBytes(of: journal.bigEndian, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: ordinal.bigEndian, toByteOffset: 16, as: UInt64.self)
            bytes.storeBytes(of: UInt64(writes.count).bigEndian, toByteOffset: 24, as: UInt64.self)
            var offset = header
            for write in writes {
                bytes[offset] = UInt8(write.table.index)
                bytes.storeBytes(of: UInt16(write.key.count).bigEndian, toByteOffset: offset + 1, as: UInt16.self)
                let size = write.value.map { UInt32(clamping: $0.count) } ?? removed
                bytes.storeBytes(of: size.bigEndian, toByteOffset: offset + 3, as: UInt32.self)
                offset += head
                for part in [write.key, write.value ?? []] {
                    UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyBytes(from: part)
                    offset += part.count
                }
            }
            let sum = checksum(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            bytes.storeBytes(of: sum.bigEndian, toByteOffset: 32, as: UInt64.self)
        }
        return record
    }

    /// The record of this journal that begins at an offset; nil where there is none, or it is not whole.
    init?(_ bytes: UnsafeRawBufferPointer, at offset: Int, journal: UInt64) {
        guard let (found, record) = JournalRecord.whole(bytes, at: offset), found == journal else { return nil }
        let fields = Fields(record)
        guard let ordinal = fields.number(UInt64.self, at: 16), let count = fields.number(UInt64.self, at: 24) else {
            return nil
        }
        var (place, writes) = (JournalRecord.header, [StoreWrite]())
        while place < record.count {
            guard let (write, end) = JournalRecord.write(fields, at: place) else { return nil }
            writes.append(write)
            place = end
        }
        guard UInt64(writes.count) == count else { return nil }
        self.ordinal = ordinal
        self.writes = writes
        size = (record.count + JournalRecord.block - 1) / JournalRecord.block * JournalRecord.block
    }

    /// The number of the journal to which a whole record belongs that begins at an offset.
    static func journal(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64? {
        whole(bytes, at: offset)?.journal
    }

    private static func whole(
        _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) -> (journal: UInt64, record: UnsafeRawBufferPointer)? {
        guard offset >= 0, bytes.count - offset >= header else { return nil }
        let rest = Fields(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
        guard rest.number(UInt32.self, at: 0) == magic, let count = rest.number(UInt32.self, at: 4),
            Int(count) >= header, Int(count) <= rest.bytes.count, let journal = rest.number(UInt64.self, at: 8)
        else { return nil }
        let record = UnsafeRawBufferPointer(rebasing: rest.bytes[..<Int(count)])
        return rest.number(UInt64.self, at: 32) == checksum(record) ? (journal, record) : nil
    }

    private static func checksum(_ record: UnsafeRawBufferPointer) -> UInt64 {
        let head = Checksum.xxh64(UnsafeRawBufferPointer(rebasing: record[..<32]), seed: 0)
        return Checksum.xxh64(UnsafeRawBufferPointer(rebasing: record[header...]), seed: head)
    }

    private static func write(_ fields: Fields, at place: Int) -> (StoreWrite, end: Int)? {
        guard let index = fields.number(UInt8.self, at: place), Int(index) < Table.allCases.count,
            let keySize = fields.number(UInt16.self, at: place + 1), (1...Limits.keySize).contains(Int(keySize)),
            let valueSize = fields.number(UInt32.self, at: place + 3),
            let key = fields.array(at: place + head, count: Int(keySize))
        else { return nil }
        let (table, start) = (Table.allCases[Int(index)], place + head + Int(keySize))
        if valueSize == removed { return (StoreWrite(table, key, nil), start) }
        guard let value = fields.array(at: start, count: Int(valueSize)) else { return nil }
        return (StoreWrite(table, key, value), start + value.count)
    }

    /// Bytes that are never read beyond their end.
    private struct Fields {
        let bytes: UnsafeRawBufferPointer

        init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at offset: Int) -> Number? {
            guard bytes.count - offset >= MemoryLayout<Number>.size else { return nil }
            return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }

        func array(at offset: Int, count: Int) -> [UInt8]? {
            guard bytes.count - offset >= count else { return nil }
            return Array(bytes[offset..<offset + count])
        }
    }
}
