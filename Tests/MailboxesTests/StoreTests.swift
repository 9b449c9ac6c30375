import Basics
import Storage
import Testing

/// What every store does, in memory or on disk.
@Suite struct StoreTests {
    @Test(arguments: StoreKind.allCases)
    func readsWhatWasCommitted(_ kind: StoreKind) throws {
        let store = try TestStore(kind)
        #expect(store.commit([StoreWrite(.inbox, [1], [10]), StoreWrite(.outbox, [1], [20])]) == .committed)
        #expect(value(store, .inbox, [1]) == [10])
        #expect(value(store, .outbox, [1]) == [20])
        #expect(value(store, .inbox, [2]) == nil)
        #expect(store.commit([StoreWrite(.inbox, [1], [11]), StoreWrite(.outbox, [1], nil)]) == .committed)
        #expect(value(store, .inbox, [1]) == [11])
        #expect(value(store, .outbox, [1]) == nil)
    }

    @Test(arguments: StoreKind.allCases)
    func removesWhatIsNotThere(_ kind: StoreKind) throws {
        let store = try TestStore(kind)
        #expect(store.commit([StoreWrite(.inbox, [1], nil)]) == .committed)
        #expect(store.commit([]) == .committed)
    }

    @Test(arguments: StoreKind.allCases)
    func keepsEmptyAndLargeValuesAndTheLongestKey(_ kind: StoreKind) throws {
        let store = try TestStore(kind)
        let key = [UInt8](repeating: 7, count: Limits.keySize)
        let large = [UInt8](repeating: 8, count: 70_000)
        #expect(store.commit([StoreWrite(.inbox, key, large), StoreWrite(.inbox, [1], [])]) == .committed)
        #expect(value(store, .inbox, key) == large)
        #expect(value(store, .inbox, [1]) == [])
    }

    @Test(arguments: StoreKind.allCases)
    func nothingLiesUnderImpossibleKeys(_ kind: StoreKind) throws {
        let store = try TestStore(kind)
        let tooLong = [UInt8](repeating: 1, count: Limits.keySize + 1)
        #expect(store.commit([StoreWrite(.inbox, [1], [2])]) == .committed)
        #expect(value(store, .inbox, []) == nil)
        #expect(value(store, .inbox, tooLong) == nil)
        #expect(scan(store, tooLong, nil) == [])
        #expect(value(store, .inbox, [1]) == [2])
        #expect(store.commit([StoreWrite(.inbox, [1], [3])]) == .committed, "and the store is sound")
    }

    @Test(arguments: StoreKind.allCases)
    func appliesABatchInOrder(_ kind: StoreKind) throws {
        let store = try TestStore(kind)
        let writes = [
            StoreWrite(.inbox, [1], [1]), StoreWrite(.inbox, [1], nil), StoreWrite(.inbox, [1], [2]),
            StoreWrite(.inbox, [2], [1]), StoreWrite(.inbox, [2], nil),
        ]
        #expect(store.commit(writes) == .committed)
        #expect(value(store, .inbox, [1]) == [2])
        #expect(value(store, .inbox, [2]) == nil)
    }

    @Test(arguments: StoreKind.allCases)
    func scansInOrderWithinAPrefix(_ kind: StoreKind) throws {
        let store = try TestStore(kind)
        let keys: [[UInt8]] = [[0], [1], [1, 0], [1, 0, 0], [1, 255], [1, 255, 255], [2], [255]]
        #expect(store.commit(keys.reversed().map { StoreWrite(.inbox, $0, $0) }) == .committed)
        #expect(scan(store, [], nil) == keys)
        #expect(scan(store, [1], nil) == Array(keys[1...5]))
        #expect(scan(store, [1], [1]) == Array(keys[2...5]))
        #expect(scan(store, [1], [1, 0, 0]) == Array(keys[4...5]))
        #expect(scan(store, [1], [1, 1]) == Array(keys[4...5]))
        #expect(scan(store, [1], [0]) == Array(keys[1...5]))
        #expect(scan(store, [1], [2]) == [])
        #expect(scan(store, [255], nil) == [[255]])
        #expect(scan(store, [], [255]) == [])
        #expect(scan(store, [3], nil) == [])
        #expect(scan(store, [], nil, limit: 3) == Array(keys[0...2]))
    }

    @Test(arguments: StoreKind.allCases)
    func readsInsideAScan(_ kind: StoreKind) throws {
        let store = try TestStore(kind)
        #expect(store.commit([StoreWrite(.expiries, [1], []), StoreWrite(.inbox, [1], [9])]) == .committed)
        var found: [UInt8]?
        store.reader.scan(.expiries, prefix: [], after: nil) { key, _ in
            found = value(store, .inbox, key.array)
            return true
        }
        #expect(found == [9])
        #expect(value(store, .inbox, [1]) == [9])
    }

    private func value(_ store: TestStore, _ table: Table, _ key: [UInt8]) -> [UInt8]? {
        var found: [UInt8]?
        let exists = store.reader.read(table, key) { found = $0.array }
        #expect(exists == (found != nil))
        return found
    }

    private func scan(_ store: TestStore, _ prefix: [UInt8], _ after: [UInt8]?, limit: Int = .max) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        store.reader.scan(.inbox, prefix: prefix, after: after) { key, value in
            #expect(key.array == value.array)
            keys.append(key.array)
            return keys.count < limit
        }
        return keys
    }
}
