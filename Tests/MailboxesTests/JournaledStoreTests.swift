import Basics
import Foundation
import LMDBStore
import Storage
import Testing

/// A store whose newest batches are in its journal alone, when its process ends without warning.
@Suite struct JournaledStoreTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// What a process that is killed now leaves: its files as they are.
    private func killed(without name: String? = nil) throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        for file in ["data.mdb", "journal"] where file != name {
            let from = directory.path + "/" + file
            guard FileManager.default.fileExists(atPath: from) else { continue }
            try FileManager.default.copyItem(atPath: from, toPath: copy.path + "/" + file)
        }
        return copy
    }

    private func entries(_ store: any StoreReader) -> [Table: [[UInt8]: [UInt8]]] {
        var entries: [Table: [[UInt8]: [UInt8]]] = [:]
        for table in Table.allCases {
            store.scan(table, prefix: [], after: nil) { key, value in
                entries[table, default: [:]][key.array] = value.array
                return true
            }
        }
        return entries
    }

    @Test func whatOnlyTheJournalHasIsThereAgain() throws {
        let store = try directory.store()
        #expect(store.writer.commit([StoreWrite(.inbox, [1], [1]), StoreWrite(.inbox, [2], [1])]) == .committed)
        #expect(store.writer.commit([StoreWrite(.inbox, [1], [2]), StoreWrite(.inbox, [2], nil)]) == .committed)
        #expect(entries(store) == [.inbox: [[1]: [2]]])
        let alone = try killed(without: "journal").store()
        #expect(entries(alone) == [:], "LMDB doesn't have it yet")
        let copy = try killed()
        do {
            let again = try copy.store()
            #expect(entries(again) == [.inbox: [[1]: [2]]])
            #expect(again.writer.commit([StoreWrite(.inbox, [3], [3])]) == .committed)
        }
        // Closed in order, LMDB has all of it by itself.
        #expect(!FileManager.default.fileExists(atPath: copy.path + "/journal"))
        #expect(entries(try copy.store()) == [.inbox: [[1]: [2], [3]: [3]]])
    }

    /// Batches of all sizes, some too large for the journal, over several rounds of it; killed at any time.
    @Test(arguments: [1, 2, 3] as [UInt64]) func itIsKilledAtAnyTime(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var model: [Table: [[UInt8]: [UInt8]]] = [:]
        let store = try directory.store()
        var (kills, unsettled) = (0, 0)
        for step in 0..<400 {
            var writes: [StoreWrite] = []
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let table = Table.allCases[Int.random(in: 0..<Table.allCases.count, using: &generator)]
                let key = [UInt8.random(in: 0...3, using: &generator), UInt8.random(in: 0...9, using: &generator)]
                let size = Int.random(in: 0...9, using: &generator) == 0 ? 70_000 : 300
                let isRemoved = Int.random(in: 0...2, using: &generator) == 0
                writes.append(StoreWrite(table, key, isRemoved ? nil : generator.bytes(size)))
            }
            if step % 97 == 96 { writes.append(StoreWrite(.outbox, [7], generator.bytes(5 << 20))) }
            #expect(store.writer.commit(writes) == .committed)
            for write in writes { model[write.table, default: [:]][write.key] = write.value }
            if step % 61 == 60 { #expect(store.writer.settle() == .committed) }
            guard Int.random(in: 0..<16, using: &generator) == 0 else { continue }
            kills += 1
            let expected = model.filter { !$0.value.isEmpty }
            let isThere = entries(store) == expected
            #expect(isThere, "seed \(seed), step \(step)")
            let copy = try killed()
            for time in 1...2 {
                let isThere = entries(try copy.store()) == expected
                #expect(isThere, "seed \(seed), step \(step), opened for time \(time)")
            }
            if entries(try killed(without: "journal").store()) != expected { unsettled += 1 }
        }
        #expect(kills > 10 && unsettled > 5, "\(kills) kills, \(unsettled) with something in the journal alone")
        #expect(try FileManager.default.attributesOfItem(atPath: directory.path + "/journal")[.size] as? Int == 4 << 20)
    }

    /// The bytes of the last record are cut off or changed on the disk, as by a power cut: what came before is there.
    @Test func aTornEndTakesNothingElseAlong() throws {
        let store = try directory.store()
        for batch in 0..<5 as Range<UInt8> {
            let value = [UInt8](repeating: batch, count: 2_000)
            #expect(store.writer.commit([StoreWrite(.inbox, [batch], value)]) == .committed)
        }
        for place in stride(from: 4 * 4_096, to: 4 * 4_096 + 2_060, by: 103) {
            let copy = try killed()
            var bytes = Array(try Data(contentsOf: URL(filePath: copy.path + "/journal")))
            bytes[place] ^= 0x40
            try Data(bytes).write(to: URL(filePath: copy.path + "/journal"))
            let again = try copy.store()
            #expect(entries(again)[.inbox]?.keys.map { $0[0] }.sorted() == [0, 1, 2, 3], "byte \(place)")
            #expect(again.writer.commit([StoreWrite(.inbox, [9], [9])]) == .committed)
            #expect(entries(again)[.inbox]?.count == 5)
        }
    }

    @Test func aJournalThatDoesNotBelongIsRefusedAndLeftAlone() throws {
        let store = try directory.store()
        #expect(store.writer.commit([StoreWrite(.inbox, [1], [1])]) == .committed)
        let copy = try killed(without: "journal")
        let other = try TemporaryDirectory()
        let stranger = try other.store()
        #expect(stranger.writer.commit([StoreWrite(.inbox, [2], [2])]) == .committed)
        let (from, to) = (URL(filePath: other.path + "/journal"), URL(filePath: copy.path + "/journal"))
        let bytes = try Data(contentsOf: from)
        try bytes.write(to: to)
        let error = #expect(throws: LMDBStoreError.self) { _ = try copy.store() }
        #expect(error.map { "\($0)" }?.contains("its journal is of another store") == true)
        #expect(try Data(contentsOf: to) == bytes)
        try bytes.prefix(100_000).write(to: URL(filePath: other.path + "/journal"))
        #expect(throws: LMDBStoreError.self) { _ = try TemporaryDirectory.copy(of: other).store() }
    }

    @Test func aSnapshotHasWhatOnlyTheJournalHas() throws {
        let store = try directory.store()
        #expect(store.writer.commit([StoreWrite(.inbox, [1], [1]), StoreWrite(.inbox, [2], [2])]) == .committed)
        #expect(store.writer.settle() == .committed)
        #expect(store.writer.commit([StoreWrite(.inbox, [1], nil), StoreWrite(.inbox, [3], [3])]) == .committed)
        let copy = try killed()
        let snapshot = try StoreSnapshot(directory: copy.path)
        #expect(entries(snapshot) == [.inbox: [[2]: [2], [3]: [3]]])
        #expect(snapshot.value(.inbox, [1]) == nil && snapshot.value(.inbox, [3]) == [3])
        var backwards: [UInt8] = []
        snapshot.scanBackward(.inbox, prefix: [], before: nil) { key, _ in
            backwards += key.array
            return true
        }
        #expect(backwards == [3, 2])
    }

    /// An older version knows no journal: it must not open a store that has one.
    @Test func theFormatIsANewerOneWhileThereIsAJournal() throws {
        try LMDBStore.create(directory: directory.path)
        func formats() throws -> [UInt8] {
            let bytes = Array(try Data(contentsOf: URL(filePath: directory.dataFile)))
            return bytes.ranges(of: Array("version".utf8) + [0, 0, 0]).map { bytes[$0.upperBound] }
        }
        #expect(try Set(formats()) == [2])
        do {
            let store = try directory.store()
            #expect(try Set(formats()) == [2], "what has no journal yet, an older version can open")
            #expect(store.writer.commit([StoreWrite(.inbox, [1], [1])]) == .committed)
            #expect(try formats().contains(3))
        }
        #expect(try newestFormat() == 2)
        #expect(entries(try directory.store()) == [.inbox: [[1]: [1]]])
    }

    /// What a process that knows format 2 alone would find: read by LMDB's table, as older pages lie about in the file.
    private func newestFormat() throws -> UInt8 {
        let bytes = Array(try Data(contentsOf: URL(filePath: directory.dataFile)))
        func number(_ offset: Int) -> Int { (0..<8).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) } }
        // The newer beginning, the root of its main tree, and in that the root of the table of formats.
        let meta = number(144) > number(4_096 + 144) ? 0 : 4_096
        let main = number(meta + 128) * 4_096
        let tree = try #require(bytes[main..<main + 4_096].firstRange(of: Array("format".utf8)))
        let root = number(tree.upperBound + 40) * 4_096
        let place = try #require(bytes[root..<root + 4_096].firstRange(of: Array("version".utf8) + [0, 0, 0]))
        return bytes[place.upperBound]
    }

    @Test func aFileThatTheDiskDoesNotTakeIsDoneWithout() throws {
        // A directory has its name.
        let path = directory.path + "/journal"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try LMDBStore.create(directory: directory.path)
        #expect(throws: LMDBStoreError.self) { _ = try LMDBStore(directory: directory.path) }
        try FileManager.default.removeItem(atPath: path)
        // A small store has none.
        let store = try directory.store(mapLimit: 8 << 20)
        #expect(store.writer.commit([StoreWrite(.inbox, [1], [1])]) == .committed)
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/journal"))
        #expect(entries(try killed().store()) == [.inbox: [[1]: [1]]])
    }

    #if canImport(Glibc)
        /// Others fill the disk while batches are in the journal alone. Those stay, and come into LMDB when there is room again.
        @Test(.enabled(if: geteuid() == 0)) func aDiskThatFillsUpBehindTheJournalLosesNothing() throws {
            try #require(mount("roost", directory.path, "tmpfs", 0, "size=80m") == 0)
            defer { umount2(directory.path, CInt(MNT_DETACH)) }
            var store: LMDBStore? = try directory.store()
            let value = [UInt8](repeating: 5, count: 60_000)
            var kept = 0
            func keep(_ limit: Int) {
                while kept < limit, store?.writer.commit([StoreWrite(.inbox, [UInt8(kept)], value)]) == .committed {
                    kept += 1
                }
            }
            func areAllThere() -> Bool { (0..<kept).allSatisfy { store?.value(.inbox, [UInt8($0)]) == value } }
            keep(40)
            #expect(kept == 40)
            let filling = directory.path + "/filling"
            #expect(FileManager.default.createFile(atPath: filling, contents: nil))
            let file = try FileHandle(forWritingTo: URL(filePath: filling))
            for size in [1 << 20, 4_096] {
                let bytes = Data(repeating: 1, count: size)
                while (try? file.write(contentsOf: bytes)) != nil {}
            }
            keep(255)
            #expect(kept < 255, "the disk is full, and that is said")
            #expect(store?.health.isFull == true && store?.health.isBroken == false)
            #expect(areAllThere())
            let result = store?.writer.settle()
            store = nil
            store = try directory.store()
            #expect(areAllThere(), "settled: \(result as Any)")
            try file.close()
            try FileManager.default.removeItem(atPath: filling)
            #expect(store?.writer.commit([StoreWrite(.inbox, [255], value)]) == .committed)
            #expect(store?.writer.settle() == .committed)
            #expect(areAllThere())
            #expect(store?.health.isBroken == false)
        }
    #endif
}

extension TemporaryDirectory {
    fileprivate static func copy(of other: TemporaryDirectory) throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        for file in ["data.mdb", "journal"] {
            try FileManager.default.copyItem(atPath: other.path + "/" + file, toPath: copy.path + "/" + file)
        }
        return copy
    }
}
