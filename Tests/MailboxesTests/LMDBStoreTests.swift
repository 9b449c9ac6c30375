import Basics
import Foundation
import LMDBStore
import Storage
import Synchronization
import Testing

/// What only a store on disk can do wrong.
@Suite struct LMDBStoreTests {
    @Test func keepsWhatWasCommittedWhenReopened() throws {
        let directory = try TemporaryDirectory()
        try withStore(directory) { store in
            #expect(store.writer.commit([StoreWrite(.inbox, [1], [2])]) == .committed)
        }
        try withStore(directory) { store in #expect(store.value(.inbox, [1]) == [2]) }
    }

    @Test func theFilesAreTheOwnersAlone() throws {
        let directory = try TemporaryDirectory()
        try withStore(directory) { _ in }
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.dataFile)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test func aDirectoryThatIsNotThereIsAnError() throws {
        let path = "/nonexistent/roost"
        let error = #expect(throws: LMDBStoreError.self) { _ = try LMDBStore(directory: path) }
        #expect(error.map { "\($0)" }?.contains(path) == true)
    }

    @Test func aNewStoreIsSmall() throws {
        let directory = try TemporaryDirectory()
        try withStore(directory) { _ in }
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.dataFile)
        let size = try #require((attributes[.size] as? NSNumber)?.intValue)
        #expect(size <= 512 << 10)
    }

    @Test func theMapGrows() throws {
        let directory = try TemporaryDirectory()
        // Each batch is near 40 MB, and the map begins with 64 MiB.
        let value = [UInt8](repeating: 5, count: 4_000_000)
        try withStore(directory) { store in
            for batch in 0..<UInt8(4) {
                let writes = (0..<UInt8(10)).map { StoreWrite(.envelopes, [batch, $0], value) }
                #expect(store.writer.commit(writes) == .committed)
                #expect(store.value(.envelopes, [batch, 0]) == value)
            }
        }
        try withStore(directory) { store in
            #expect(store.value(.envelopes, [3, 9]) == value)
            #expect(store.writer.commit([StoreWrite(.inbox, [1], value)]) == .committed)
        }
    }

    #if canImport(Glibc)
        /// A disk of its own takes root to mount: elsewhere this is skipped.
        @Test(.enabled(if: geteuid() == 0)) func aFullDiskIsNotABrokenOne() throws {
            let directory = try TemporaryDirectory()
            try #require(mount("roost", directory.path, "tmpfs", 0, "size=1m") == 0)
            defer { umount2(directory.path, CInt(MNT_DETACH)) }
            try fillsUpAndRecovers(directory)
        }

        private func fillsUpAndRecovers(_ directory: TemporaryDirectory) throws {
            let store = try directory.store()
            var kept: [UInt8] = []
            let value = [UInt8](repeating: 5, count: 20_000)
            while kept.count < 100,
                store.writer.commit([StoreWrite(.envelopes, [UInt8(kept.count)], value)]) == .committed
            {
                kept.append(UInt8(kept.count))
            }
            #expect((5..<60).contains(kept.count), "\(kept.count)")
            // Small things as well, up to the last page.
            var small: UInt8 = 0
            while small < 255,
                store.writer.commit([StoreWrite(.inbox, [small], Array(value.prefix(1_900)))]) == .committed
            {
                small += 1
            }
            #expect(small < 255)
            // What frees space works, with what is written about it.
            #expect(store.value(.envelopes, [0]) == value)
            for key in kept {
                let writes = [StoreWrite(.envelopes, [key], nil), StoreWrite(.tombstones, [key], [1, 2, 3])]
                #expect(store.writer.commit(writes) == .committed)
            }
            #expect(store.writer.commit([StoreWrite(.envelopes, [200], value)]) == .committed)
            #expect(store.value(.envelopes, [200]) == value)
            #expect(!store.health.isBroken)
        }
    #endif

    @Test func aFullMapRefusesTheBatchAndKeepsTheRest() throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store(mapLimit: 1 << 20)
        let value = [UInt8](repeating: 5, count: 100_000)
        var kept: [UInt8] = []
        var result = CommitResult.committed
        while result == .committed, kept.count < 20 {
            let next = UInt8(kept.count)
            result = store.writer.commit([StoreWrite(.inbox, [next], [next]), StoreWrite(.outbox, [next], value)])
            if result == .committed { kept.append(next) }
        }
        #expect(result == .full)
        #expect(kept.count > 3)
        for key in kept { #expect(store.value(.outbox, [key]) == value) }
        #expect(store.value(.inbox, [UInt8(kept.count)]) == nil, "nothing of the batch is there")
        #expect(!store.health.isBroken)
        #expect(store.health.isFull)
        // What frees space still commits, and then there is room.
        #expect(store.writer.commit(kept.prefix(3).map { StoreWrite(.outbox, [$0], nil) }) == .committed)
        #expect(store.health.isFull, "that something was removed says nothing of room")
        #expect(store.writer.commit([StoreWrite(.inbox, [0], nil), StoreWrite(.inbox, [98], [1])]) == .committed)
        #expect(store.health.isFull, "room for a byte is not what was lacking")
        let more = [StoreWrite(.inbox, [98], nil), StoreWrite(.outbox, [0], value + [1])]
        #expect(store.writer.commit(more) == .committed)
        #expect(!store.health.isFull, "as much as was refused found room, though something was removed beside it")
        #expect(store.writer.commit([StoreWrite(.outbox, [0], nil)]) == .committed)
        #expect(store.writer.commit([StoreWrite(.inbox, [99], [1])]) == .committed)
        #expect(store.writer.commit([StoreWrite(.outbox, [99], value)]) == .committed)
    }

    /// Mail for others comes in without the person's doing. It must not take the room that the person's own mail needs.
    @Test func whatIsKeptForOthersLeavesThePersonAShareOfTheDisk() throws {
        let directory = try TemporaryDirectory()
        let size = 2 << 20
        let store = try directory.store(mapLimit: size)
        let value = [UInt8](repeating: 5, count: 30_000)
        var kept: [UInt8] = []
        while kept.count < 100,
            store.writer.commit([StoreWrite(.envelopes, [UInt8(kept.count)], value)]) == .committed
        {
            kept.append(UInt8(kept.count))
        }
        #expect(kept.count > 20 && kept.count * value.count < size * 3 / 4, "\(kept.count)")
        #expect(store.health.isNearlyFull && !store.health.isFull)
        // Nor does a record get in, or what is written together with something for others.
        #expect(store.writer.commit([StoreWrite(.records, [1], value)]) == .full)
        #expect(store.writer.commit([StoreWrite(.inbox, [100], [1]), StoreWrite(.envelopes, [100], value)]) == .full)
        #expect(store.value(.inbox, [100]) == nil)
        // The person's share is there, though not all of it is for values.
        var own = 0
        while own < 100, store.writer.commit([StoreWrite(.inbox, [UInt8(own)], value)]) == .committed { own += 1 }
        #expect(own * value.count > size / 8, "\(own)")
        #expect(store.health.isFull)
        // What is cleared away makes room for others again, within the file: first the person's share must be free.
        #expect(store.writer.commit((0..<own).map { StoreWrite(.inbox, [UInt8($0)], nil) }) == .committed)
        #expect(store.writer.commit([StoreWrite(.envelopes, [101], value)]) == .full)
        #expect(store.writer.commit(kept.prefix(5).map { StoreWrite(.envelopes, [$0], nil) }) == .committed)
        // LMDB hands freed pages out only after another transaction.
        #expect(store.writer.commit([StoreWrite(.inbox, [102], [1])]) == .committed)
        #expect(store.writer.commit([StoreWrite(.envelopes, [102], value)]) == .committed)
        #expect(!store.health.isNearlyFull)
    }

    /// One thread commits pairs of equal values, and now and then so much that the map grows; the other reads them.
    @Test func aReaderBesideAWriterSeesWholeBatches() throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let writer = store.writer
        let isDone = Atomic(false)
        let start = DispatchSemaphore(value: 0)
        let ended = DispatchSemaphore(value: 0)
        let rounds = 150
        let filling = [UInt8](repeating: 1, count: 2_000_000)
        let thread = Thread {
            start.wait()
            for round in 0..<rounds {
                let value = [UInt8(round), UInt8(truncatingIfNeeded: round * 7)]
                var writes = [StoreWrite(.inbox, [1], value), StoreWrite(.outbox, [1], value)]
                if round % 3 == 0 { writes.append(StoreWrite(.envelopes, [UInt8(round)], filling)) }
                #expect(writer.commit(writes) == .committed)
            }
            isDone.store(true, ordering: .releasing)
            ended.signal()
        }
        thread.start()
        start.signal()
        var reads = 0
        var last: [UInt8] = [0]
        while !isDone.load(ordering: .acquiring) || reads == 0 {
            // Both reads are inside one scan, so both see the same state.
            store.scan(.inbox, prefix: [], after: nil) { _, value in
                let mine = value.array
                #expect(store.value(.outbox, [1]) == mine)
                #expect(mine[0] >= last[0])
                last = mine
                return true
            }
            reads += 1
        }
        ended.wait()
        #expect(reads > 10)
        #expect(!store.health.isBroken)
        #expect(store.value(.inbox, [1])?.first == UInt8(rounds - 1))
    }

    // MARK: Tools

    private func withStore(_ directory: TemporaryDirectory, _ body: (LMDBStore) throws -> Void) throws {
        try body(directory.store())
    }
}
