import Basics
import Cryptography
import PeerCore
import Storage
import Testing

/// An export holds what a person may take elsewhere, and whoever goes on from it is the same person.
@Suite struct ArchiveTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    private var names: [ArchivedName] {
        [
            ArchivedName(name: "bob", peer: bob.id, comparedAt: UnixTime(seconds: 1_800_000_000)),
            ArchivedName(name: "Zoë", peer: alice.id, comparedAt: nil),
        ]
    }

    private func export(_ store: any StoreReader, of person: Person) -> (records: [[UInt8]], counts: ArchiveCounts) {
        var records: [[UInt8]] = []
        var writer = ArchiveWriter(profile: person.profile, names: names, store: store)
        writer.write { record in
            records.append(record)
            return true
        }
        return (records, writer.counts)
    }

    private func read(_ bytes: [UInt8], pieces: Int = 1_000_000) throws(ArchiveError) -> (MemoryStore, ArchiveReader) {
        let store = MemoryStore()
        var reader = ArchiveReader()
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            store.commit(try reader.read(Array(bytes[start..<min(start + pieces, bytes.count)])))
        }
        store.commit(try reader.finish())
        return (store, reader)
    }

    /// Alice and Bob have written to each other; Alice has read one message, deleted one, and one of hers is under way.
    private func history() throws -> [UInt8] {
        try alice.send("first", to: bob, world)
        world.run(for: .seconds(5))
        let kept = try bob.send("answer", to: alice, world)
        world.run(for: .seconds(5))
        let deleted = try bob.send("forget this", to: alice, world)
        world.run(for: .seconds(5))
        alice.markRead([kept], world)
        #expect(alice.delete([.message(deleted)], world) == 1)
        world.isDirectOpen = false
        bob.stop()
        try alice.send("under way", to: bob, world)
        world.run(for: .seconds(5))
        let export = export(alice.store, of: alice)
        #expect(export.counts.received == 1 && export.counts.sent == 2 && export.counts.underWay == 1)
        return export.records.flatMap { $0 }
    }

    /// A reader that remembers the last number it has seen misses nothing in the copy.
    @Test func numbersOfDeletedMessagesArentGivenAgain() throws {
        for index in 0..<3 {
            try alice.send("\(index)", to: bob, world)
            world.run(for: .seconds(2))
        }
        #expect(alice.deleteConversation(with: bob, world) == 3 && alice.agent.lastArrival == 3)
        let (store, _) = try read(export(alice.store, of: alice).records.flatMap { $0 })
        alice.stop()
        let again = world.addCopy(of: alice, store: store)
        #expect(again.agent.lastArrival == 3)
        try again.send("3", to: bob, world)
        #expect(again.agent.lastArrival == 4)
    }

    @Test func theHistoryIsWhereItWas() throws {
        let bytes = try history()
        let (store, reader) = try read(bytes, pieces: 17)
        #expect(
            reader.profile == alice.profile.seed && reader.names == [names[1], names[0]].sorted { $0.name < $1.name })
        #expect(reader.counts.names == 2 && reader.unknown == 0)
        alice.stop()
        let again = world.addCopy(of: alice, store: store)
        #expect(again.texts(world) == ["answer"])
        #expect(again.agent.goesOnFromCopy && !alice.agent.goesOnFromCopy)
        let message = try #require(again.agent.inbox(InboxFilter(), now: world.now).first)
        let arrival = try #require(alice.agent.inbox(InboxFilter(), now: world.now).first?.arrival)
        #expect(message.isRead && message.arrival == arrival)
        #expect(again.agent.lastArrival >= 1)
        #expect(again.agent.outgoingMessages().map(\.text) == ["first", "under way"])
        #expect(again.agent.outgoingMessages().map(\.state) == [.delivered, .queued])
        // An export of the copy holds the same history.
        let second = export(store, of: alice).records
        let first = export(try read(bytes).0, of: alice).records
        #expect(second.dropFirst() == first.dropFirst())
    }

    /// What was under way arrives once, though its first copy waits for Bob as well; and the two go on.
    @Test func theyGoOn() throws {
        let bytes = try history()
        alice.stop()
        let again = world.addCopy(of: alice, store: try read(bytes).0)
        world.run(for: .seconds(30))
        bob.restart(world)
        world.run(for: .seconds(900))
        #expect(bob.texts(world) == ["first", "under way"])
        #expect(again.agent.outgoingMessages().map(\.state).allSatisfy { $0 == .delivered })
        try bob.send("back?", to: again, world)
        world.run(for: .seconds(60))
        try again.send("yes", to: bob, world)
        world.run(for: .seconds(60))
        #expect(again.texts(world) == ["answer", "back?"])
        #expect(bob.texts(world) == ["first", "under way", "yes"])
    }

    /// What came after the export went to the data that were left behind: what follows doesn't wait for it as for something on its way.
    @Test func whatWasLeftBehindIsNotAwaited() throws {
        let bytes = try history()
        bob.restart(world)
        world.run(for: .seconds(60))
        try bob.send("left behind", to: alice, world)
        world.run(for: .seconds(10))
        #expect(alice.texts(world).last == "left behind")
        alice.stop()
        let again = world.addCopy(of: alice, store: try read(bytes).0)
        for text in ["one", "two", "three", "four"] { try bob.send(text, to: again, world) }
        func isArrived() -> Bool { bob.agent.outgoingMessages().suffix(4).allSatisfy { $0.state == .delivered } }
        for _ in 0..<3_600 where !isArrived() { world.run(for: .seconds(1)) }
        #expect(isArrived())
        world.run(for: .seconds(Limits.withholdingSecondsOfCopy + 1))
        #expect(again.texts(world).suffix(4) == ["one", "two", "three", "four"])
    }

    /// No key of a conversation, no prekey: nothing secret of the store is in the file but the secrets of accepted senders.
    @Test func sessionsStay() throws {
        let bytes = try history()
        var secrets = 0
        let view = StoreView(base: alice.store)
        view.scan(.profile, prefix: Array("prekey/".utf8)) { _, value in
            let prekey = value.withUnsafeBytes { Array($0) }
            secrets += 1
            #expect(bytes.ranges(of: Array(prekey[..<32])).isEmpty && bytes.ranges(of: Array(prekey[32...])).isEmpty)
            return true
        }
        view.scan(.conversations, prefix: [UInt8(ascii: "c")]) { _, value in
            let conversation = value.withUnsafeBytes { Array($0) }
            secrets += 1
            #expect(conversation.count > 500, "there is a session")
            for start in stride(from: 64, to: conversation.count - 32, by: 16) {
                #expect(bytes.ranges(of: Array(conversation[start..<start + 32])).isEmpty, "byte \(start)")
            }
            return true
        }
        #expect(secrets >= 2)
        // Of the next generation, whatever the network says.
        let (store, _) = try read(bytes)
        var continuity: [UInt8] = []
        _ = store.read(.profile, Array("continuity".utf8)) { continuity = $0.withUnsafeBytes { Array($0) } }
        #expect(continuity == [0, 0, 0, 1, 0, 0, 0, 1])
    }

    @Test func everyTruncationIsRefused() throws {
        let (records, _) = export(alice.store, of: alice)
        #expect(records.count >= 3)
        let bytes = try history()
        var ends: Set<Int> = []
        var end = 0
        while end < bytes.count {
            end += 5 + bytes[end + 1..<end + 5].reduce(0) { $0 << 8 | Int($1) }
            ends.insert(end)
        }
        for count in 0..<bytes.count where !ends.contains(count) {
            #expect(throws: ArchiveError.malformed, "\(count)") { try read(Array(bytes[..<count])) }
        }
    }

    /// The seal around it refuses every change; this has only to refuse or to read, whatever comes.
    @Test func noChangeTraps() throws {
        let bytes = try history()
        for place in bytes.indices {
            for value: UInt8 in [0, 1, 0x7f, 0xff, bytes[place] ^ 0x10] where value != bytes[place] {
                var changed = bytes
                changed[place] = value
                guard let (store, reader) = try? read(changed) else { continue }
                // What was read can be used.
                _ = PeerAgent(
                    profile: alice.profile, suite: Person.suite, store: store, seed: .zero, now: world.now
                ).inbox(InboxFilter(), now: world.now)
                #expect(reader.counts.received <= 1 && reader.counts.sent <= 2)
            }
        }
    }

    /// A field of eight bytes of the entry in the last record of a kind that has it, with another value.
    private func changed(_ records: [[UInt8]], kind: UInt8, field: UInt8, to value: UInt64) throws -> [UInt8] {
        let head: [UInt8] = [field, 0, 0, 0, 8]
        var records = records
        let index = try #require(
            records.lastIndex { $0[0] == kind && $0.dropFirst(5).firstRange(of: head) != nil })
        let place = try #require(records[index].dropFirst(5).firstRange(of: head)).upperBound
        records[index].replaceSubrange(place..<place + 8, with: value.bigEndianBytes)
        return records.flatMap { $0 }
    }

    /// The numbers that follow would overflow otherwise, at the first message that is sent or comes.
    @Test(arguments: [(5, 5), (7, 3), (7, 17)] as [(UInt8, UInt8)])
    func numbersThatLeaveNoRoomAreRefused(kind: UInt8, field: UInt8) throws {
        _ = try history()
        let records = export(alice.store, of: alice).records
        for number: UInt64 in [(1 << 53) + 1, .max - 1, .max] {
            let bytes = try changed(records, kind: kind, field: field, to: number)
            #expect(throws: ArchiveError.malformed, "\(number)") { try read(bytes) }
        }
    }

    /// With the highest number that is read there is room for as many messages as anybody writes.
    @Test func afterTheHighestNumberThereAreOthers() throws {
        _ = try history()
        let bytes = try changed(export(alice.store, of: alice).records, kind: 5, field: 5, to: 1 << 53)
        alice.stop()
        let again = world.addCopy(of: alice, store: try read(bytes).0)
        #expect(again.agent.lastArrival == 1 << 53)
        world.isDirectOpen = true
        bob.restart(world)
        world.run(for: .seconds(900))
        for text in ["one", "two"] { try bob.send(text, to: again, world) }
        try again.send("three", to: bob, world)
        world.run(for: .seconds(60))
        #expect(again.texts(world) == ["answer", "one", "two"])
        #expect(again.agent.lastArrival > 1 << 53)
    }

    /// Times that no calendar has would be shown.
    @Test func timesAreSuchAsCalendarsHave() throws {
        _ = try history()
        let records = export(alice.store, of: alice).records
        for time in [Int64.min, -1, .max] {
            let received = try changed(records, kind: 5, field: 1, to: UInt64(bitPattern: time))
            let store = try read(received).0
            let agent = PeerAgent(
                profile: alice.profile, suite: Person.suite, store: store, seed: .zero, now: world.now)
            let seconds = agent.inbox(InboxFilter(), now: world.now).map(\.sentAt.seconds)
            #expect(seconds == [time < 0 ? 0 : Limits.latestTime])
        }
    }

    @Test func recordsOfLaterVersionsAreSkippedAndOthersInNoOrderRefused() throws {
        _ = try history()
        let records = export(alice.store, of: alice).records
        let later: [UInt8] = [99, 0, 0, 0, 3, 1, 2, 3]
        #expect(try read(records.flatMap { $0 } + later).1.unknown == 1)
        #expect(throws: ArchiveError.malformed) { try read([]) }
        #expect(throws: ArchiveError.malformed) { try read(records.dropFirst().flatMap { $0 }) }
        #expect(throws: ArchiveError.malformed) { try read(later + records.flatMap { $0 }) }
        #expect(throws: ArchiveError.malformed) { try read((records + [records[0]]).flatMap { $0 }) }
        for index in records.indices.dropFirst() {
            #expect(throws: ArchiveError.malformed, "\(index)") {
                try read((records[...index] + records[index...]).flatMap { $0 })
            }
        }
        // A size that nothing has is not waited for.
        #expect(throws: ArchiveError.malformed) { try read(records[0] + [5, 0xff, 0xff, 0xff, 0xff]) }
    }
}
