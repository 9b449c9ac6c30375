import Basics
import Foundation
import LMDBStore
import Storage
import Testing

/// What a disk can do to a store's file: it is refused with a sentence, or what is lost is known to be. It never ends the
/// process, and nothing damaged is believed.
@Suite struct StoreDamageTests {
    @Test func theChecksumIsXXH64() {
        func sum(_ text: String, _ seed: UInt64 = 0) -> UInt64 {
            Array(text.utf8).withUnsafeBytes { Checksum.xxh64($0, seed: seed) }
        }
        #expect(sum("") == 0xef46_db37_51d8_e999)
        #expect(sum("a") == 0xd24e_c4f1_a98c_6e5b)
        #expect(sum("abc") == 0x44bc_2cf5_ad77_0999)
    }

    @Test func anotherFormatIsRefused() throws {
        let file = try StoreFile()
        for (found, word) in [(9, "newer"), (1, "older")] as [(UInt8, String)] {
            file.bytes = file.original
            let place = try #require(file.bytes.firstRange(of: Array("version".utf8) + [0, 0, 0, 2]))
            file.bytes[place.upperBound - 1] = found
            let error = try #require(file.failure())
            #expect(error == .otherFormat(directory: file.directory.path, found: UInt32(found), supported: 2))
            #expect("\(error)".contains("format \(found)") && "\(error)".contains(word))
        }
    }

    @Test(arguments: [0, 1, 100, 4_096, 8_192, 10_000, 40_000, 400_000])
    func aTruncatedFileIsRefused(_ length: Int) throws {
        let file = try StoreFile()
        file.bytes = Array(file.original[..<length])
        #expect(file.failure()?.isCorrupt == true)
    }

    @Test func aMissingFileIsRefused() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: LMDBStoreError.self) { _ = try LMDBStore(directory: directory.path) }
        #expect(error?.isCorrupt == true)
        #expect(!FileManager.default.fileExists(atPath: directory.dataFile), "and not begun anew")
    }

    @Test func garbageIsRefused() throws {
        let file = try StoreFile()
        var generator = SeededGenerator(seed: 1)
        file.bytes = generator.bytes(64_000)
        #expect(file.failure()?.isCorrupt == true)
        file.bytes = [UInt8](repeating: 0, count: file.original.count)
        #expect(file.failure()?.isCorrupt == true)
    }

    @Test func aDamagedValueIsAbsentAndReported() throws {
        let file = try StoreFile()
        for value in [file.small, file.large] {
            file.bytes = file.original
            // Older copies lie in free pages.
            let places = file.bytes.ranges(of: value)
            try #require(!places.isEmpty)
            for place in places { file.bytes[place.lowerBound + 7] ^= 0x10 }
            let store = try file.open()
            #expect(store.health.damagedReads == 1)
            let key = value == file.small ? file.smallKey : file.largeKey
            #expect(store.value(.envelopes, key) == nil)
            #expect(store.health.damagedReads == 2)
            var found = 0
            store.scan(.envelopes, prefix: [], after: nil) { _, _ in
                found += 1
                return true
            }
            #expect(found == (file.values[.envelopes]?.count ?? 0) - 1)
            // What is written anew is sound again.
            #expect(store.writer.commit([StoreWrite(.envelopes, key, [1])]) == .committed)
            #expect(store.value(.envelopes, key) == [1])
            #expect(!store.health.isBroken)
        }
    }

    /// LMDB believes the beginning with the higher number: damage there would take back what was committed.
    @Test func theOlderStateCannotPassForTheNewer() throws {
        let file = try StoreFile()
        let (older, _) = file.metas
        file.bytes[older + 146] ^= 1
        #expect(file.failure()?.isCorrupt == true)
    }

    /// LMDB would write over it.
    @Test func aPageInUseCannotBeFree() throws {
        let file = try StoreFile()
        let root = Int(file.word(file.metas.newer + 80)) * 4_096
        // The first list of the tree of free pages: its place, its node's data behind a key of eight bytes.
        let offset = Int(file.bytes[root + 16]) | Int(file.bytes[root + 17]) << 8
        let list = root + offset + 16
        let count = Int(file.word(list))
        try #require(count > 1)
        let (last, previous) = (file.word(list + 8 * count), file.word(list + 8 * count - 8))
        var tried = 0
        for number in 2..<previous where number != last {
            file.bytes = file.original
            for byte in 0..<8 {
                file.bytes[list + 8 * count + byte] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))
            }
            #expect(file.failure()?.isCorrupt == true, "page \(number)")
            tried += 1
        }
        #expect(tried > 0)
    }

    /// The seed decides where and how the file is damaged. When the check changes, run more: ROOST_DAMAGE_SEEDS=2000.
    @Test(arguments: 0..<(ProcessInfo.processInfo.environment["ROOST_DAMAGE_SEEDS"].flatMap { UInt64($0) } ?? 8))
    func whateverTheDiskDoesNothingDamagedIsBelieved(_ seed: UInt64) throws {
        let file = try StoreFile()
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<60 {
            file.bytes = file.original
            file.damage(&generator)
            guard let store = try? file.open() else {
                refused += 1
                continue
            }
            var seen = 0
            for table in Table.allCases {
                store.scan(table, prefix: [], after: nil) { key, value in
                    #expect(file.values[table]?[key.array] == value.array, "seed \(seed)")
                    seen += 1
                    return true
                }
            }
            let lost = file.values.values.reduce(0) { $0 + $1.count } - seen
            #expect(lost == 0 || store.health.damagedReads > 0, "what is lost is reported, seed \(seed)")
            // And it can be written, to the end.
            let keys = (file.values[.envelopes] ?? [:]).keys.sorted { $0.lexicographicallyPrecedes($1) }
            for key in keys.prefix(40) {
                #expect(store.writer.commit([StoreWrite(.envelopes, key, nil)]) == .committed, "seed \(seed)")
            }
            let filling = (0..<40).map { StoreWrite(.inbox, [9, $0], [UInt8](repeating: $0, count: 3_000)) }
            #expect(store.writer.commit(filling) == .committed, "seed \(seed)")
            #expect(!store.health.isBroken, "seed \(seed)")
        }
        #expect(refused > 0 && refused < 60)
    }
}

extension LMDBStoreError {
    var isCorrupt: Bool {
        if case .corrupt = self { true } else { false }
    }
}

/// The file of a store that has been written for a while, to be damaged.
final class StoreFile {
    let directory: TemporaryDirectory
    let values: [Table: [[UInt8]: [UInt8]]]
    let original: [UInt8]
    let smallKey: [UInt8]
    let largeKey: [UInt8]

    var small: [UInt8] { values[.envelopes]?[smallKey] ?? [] }
    var large: [UInt8] { values[.envelopes]?[largeKey] ?? [] }

    init() throws {
        directory = try TemporaryDirectory(inMemory: true)
        var generator = SeededGenerator(seed: 99)
        var values: [Table: [[UInt8]: [UInt8]]] = [:]
        var keys: [[UInt8]] = []
        do {
            let store = try directory.store()
            for batch in 0..<8 {
                var writes: [StoreWrite] = []
                for index in 0..<60 {
                    let key = generator.bytes(40)
                    let size = index % 3 == 0 ? 2_500 + 100 * batch : 60
                    writes.append(StoreWrite(.envelopes, key, generator.bytes(size)))
                    writes.append(StoreWrite(.expiries, Array(key.reversed()), []))
                    keys.append(key)
                }
                for key in keys.prefix(10) { writes.append(StoreWrite(.envelopes, key, nil)) }
                keys.removeFirst(10)
                guard store.writer.commit(writes) == .committed else { throw LMDBStoreError.full(directory: "") }
                for write in writes { values[write.table, default: [:]][write.key] = write.value }
            }
        }
        self.values = values
        let sorted = keys.filter { values[.envelopes]?[$0] != nil }
        smallKey = sorted.first { values[.envelopes]?[$0]?.count == 60 } ?? []
        largeKey = sorted.first { (values[.envelopes]?[$0]?.count ?? 0) > 2_000 } ?? []
        original = Array(try Data(contentsOf: URL(fileURLWithPath: directory.dataFile)))
        bytes = original
    }

    func word(_ offset: Int) -> UInt64 { (0..<8).reversed().reduce(0) { $0 << 8 | UInt64(bytes[offset + $1]) } }

    /// Where the two beginnings lie.
    var metas: (older: Int, newer: Int) { word(144) < word(4_096 + 144) ? (0, 4_096) : (4_096, 0) }

    /// What `open` will find.
    var bytes: [UInt8]

    func open() throws -> LMDBStore {
        try Data(bytes).write(to: URL(fileURLWithPath: directory.dataFile))
        return try LMDBStore(directory: directory.path)
    }

    func failure() -> LMDBStoreError? {
        do { _ = try open() } catch { return error as? LMDBStoreError }
        return nil
    }

    /// Does what disks do: bits flip, sectors get lost, swapped, or belong to another time.
    func damage(_ generator: inout SeededGenerator) {
        let pages = bytes.count / 4_096
        func page() -> Int { Int.random(in: 0..<pages, using: &generator) * 4_096 }
        switch Int.random(in: 0..<8, using: &generator) {
        case 0:
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
            }
        case 1, 2:
            // Where the structure is: the heads of pages, and the offsets of their nodes.
            bytes[page() + Int.random(in: 0..<64, using: &generator)] = UInt8.random(
                in: .min ... .max, using: &generator)
        case 3:
            bytes[Int.random(in: 0..<8_192, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 4:
            let place = page()
            bytes.replaceSubrange(place..<place + 4_096, with: [UInt8](repeating: 0, count: 4_096))
        case 5:
            let (from, to) = (page(), page())
            bytes.replaceSubrange(to..<to + 4_096, with: bytes[from..<from + 4_096])
        case 6:
            let place = page() + 512 * Int.random(in: 0..<8, using: &generator)
            bytes.replaceSubrange(place..<place + 512, with: generator.bytes(512))
        default:
            bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
        }
    }
}
