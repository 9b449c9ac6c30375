import Basics
import Storage
import Testing

/// The overlay of what is not committed, against a dictionary that is sorted anew for every scan.
@Suite struct StoreViewTests {
    private typealias Model = [Table: [[UInt8]: [UInt8]]]

    @Test(arguments: StoreKind.allCases, [1, 2, 3] as [UInt64])
    func agreesWithAModel(_ kind: StoreKind, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let disk = try TestStore(kind)
        var view = StoreView(base: disk.reader)
        var model: Model = [:]
        var durable: Model = [:]
        var batch: (writes: [StoreWrite], through: Ticket, model: Model)?
        let tables: [Table] = [.inbox, .outbox]
        for step in 0..<3_000 {
            let table = tables[generator.below(2)]
            let key = randomKey(&generator)
            switch generator.below(100) {
            case ..<40:
                let value = generator.bytes(generator.below(4))
                let ticket = view.put(table, key, value)
                model[table, default: [:]][key] = value
                #expect(view.pendingTicket(table, key) == ticket)
            case ..<55:
                view.remove(table, key)
                model[table, default: [:]][key] = nil
            case ..<70:
                #expect(view.value(table, key) == model[table]?[key], "seed \(seed), step \(step)")
                #expect(view.contains(table, key) == (model[table]?[key] != nil))
            case ..<85:
                let prefix = Array(key.prefix(generator.below(3)))
                let after = generator.chance(50) ? randomKey(&generator) : nil
                check(view, model, table, prefix, after, limit: 1 + generator.below(20), "seed \(seed), step \(step)")
            case ..<95:
                if let taken = batch {
                    #expect(!view.hasWrites && view.takeWrites().writes.isEmpty)
                    #expect(disk.commit(taken.writes) == .committed)
                    #expect(view.complete(through: taken.through, .committed) == taken.through)
                    durable = taken.model
                    batch = nil
                } else if view.hasWrites {
                    let (writes, through) = view.takeWrites()
                    batch = (writes, through, model)
                }
            case ..<97:
                if let taken = batch {
                    #expect(view.complete(through: taken.through, .failed) >= taken.through)
                    model = durable
                    batch = nil
                    #expect(!view.hasWrites && view.pendingBytes == 0)
                }
            default:
                view = StoreView(base: disk.reader)
                model = durable
                batch = nil
            }
        }
    }

    @Test func aFailedBatchTakesWithItWhatWasWrittenSince() throws {
        let disk = try TestStore(.memory)
        var view = StoreView(base: disk.reader)
        view.put(.inbox, [1], [1])
        let (_, through) = view.takeWrites()
        let later = view.put(.inbox, [2], [2])
        #expect(!view.hasWrites, "one batch at a time")
        #expect(view.complete(through: through, .full) == later)
        #expect(!view.contains(.inbox, [1]) && !view.contains(.inbox, [2]))
        #expect(!view.hasWrites)
        #expect(view.put(.inbox, [3], [3]) > later)
    }

    @Test func writesGatherBehindABatch() throws {
        let disk = try TestStore(.memory)
        var view = StoreView(base: disk.reader)
        let first = view.put(.inbox, [1], [1])
        let (_, through) = view.takeWrites()
        #expect(through == first)
        let second = view.put(.inbox, [1], [2, 3])
        #expect(view.complete(through: through, .committed) == first)
        #expect(view.value(.inbox, [1]) == [2, 3], "the newer write is still pending")
        #expect(view.pendingTicket(.inbox, [1]) == second)
        #expect((3..<300).contains(view.pendingBytes), "the newer write alone")
        #expect(view.takeWrites().writes == [StoreWrite(.inbox, [1], [2, 3])])
    }

    @Test func ofTheWritesOfAKeyABatchHasTheNewest() throws {
        let disk = try TestStore(.memory)
        var view = StoreView(base: disk.reader)
        view.put(.inbox, [1], [1])
        view.put(.inbox, [2], [2])
        view.put(.outbox, [1], [3])
        view.remove(.inbox, [2])
        let last = view.put(.inbox, [1], [4])
        let (writes, through) = view.takeWrites()
        #expect(through == last)
        #expect(
            writes == [
                StoreWrite(.inbox, [1], [4]), StoreWrite(.inbox, [2], nil), StoreWrite(.outbox, [1], [3]),
            ])
        view.put(.inbox, [1], [5])
        view.put(.inbox, [1], [6])
        #expect(view.complete(through: through, .committed) == last && view.value(.inbox, [1]) == [6])
        #expect(view.takeWrites().writes == [StoreWrite(.inbox, [1], [6])], "what was taken is not changed any more")
    }

    private func randomKey(_ generator: inout SeededGenerator) -> [UInt8] {
        (0...generator.below(3)).map { _ in [0, 1, 255][generator.below(3)] }
    }

    private func check(
        _ view: StoreView, _ model: Model, _ table: Table, _ prefix: [UInt8], _ after: [UInt8]?, limit: Int,
        _ comment: Comment
    ) {
        let expected = (model[table] ?? [:])
            .filter { entry in
                entry.key.starts(with: prefix) && after.map { $0.lexicographicallyPrecedes(entry.key) } ?? true
            }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .prefix(limit)
        var found: [(key: [UInt8], value: [UInt8])] = []
        view.scan(table, prefix: prefix, after: after) { key, value in
            found.append((key.array, value.array))
            return found.count < limit
        }
        #expect(found.map(\.key) == expected.map(\.key), comment)
        #expect(found.map(\.value) == expected.map(\.value), comment)
        checkBackward(view, model, table, prefix, before: after, limit: limit, comment)
    }

    private func checkBackward(
        _ view: StoreView, _ model: Model, _ table: Table, _ prefix: [UInt8], before: [UInt8]?, limit: Int,
        _ comment: Comment
    ) {
        let expected = (model[table] ?? [:])
            .filter { entry in
                entry.key.starts(with: prefix) && before.map { entry.key.lexicographicallyPrecedes($0) } ?? true
            }
            .sorted { $1.key.lexicographicallyPrecedes($0.key) }
            .prefix(limit)
        var found: [(key: [UInt8], value: [UInt8])] = []
        view.scanBackward(table, prefix: prefix, before: before) { key, value in
            found.append((key.array, value.array))
            return found.count < limit
        }
        #expect(found.map(\.key) == expected.map(\.key), comment)
        #expect(found.map(\.value) == expected.map(\.value), comment)
    }
}
