import Basics
import Conversations
import Cryptography
import PeerCore
import Testing
import Wire

/// When records are published, and under which sequence numbers.
@Suite struct PublishingTests {
    let world = World()

    private func sequence(of person: Person) -> UInt64? {
        let location = person.profile.blinded(for: .record, epoch: world.now.utc.epoch).location
        return world.records[location].flatMap { try? SignedRecord(decoding: $0.span.bytes) }?.sequence
    }

    /// Bob's disk fails, and what he restores is older than what he has published since. His clock was a year ahead once, so
    /// that the time alone would not bring him past it.
    @Test func aRestoredBackupReadsBeforeItWrites() throws {
        let bob = world.addPerson(2)
        world.run(for: .seconds(5))
        let (year, truth) = (Int64(365 * 86_400), world.now.utc)
        world.now.utc = truth.advanced(bySeconds: year)
        bob.restart(world)
        world.run(for: .seconds(5))
        world.now.utc = truth.advanced(bySeconds: 10)
        bob.restart(world)
        world.run(for: .seconds(5))
        let published = try #require(sequence(of: bob))
        #expect(published > UInt64(truth.seconds + year), "he is not locked out by his own number")
        bob.stop()

        let restored = Person(index: 1, byte: 2, now: world.now)
        world.people.append(restored)
        restored.start(world)
        world.run(for: .seconds(10))
        #expect(sequence(of: restored) == published + 1)
        #expect(world.staleRecords == 0, "it was not tried with a lower number")
    }

    @Test func whoWasNotToldOfANumberReadsAgain() throws {
        let bob = world.addPerson(2)
        world.run(for: .seconds(5))
        let truth = world.now.utc
        world.now.utc = truth.advanced(bySeconds: 365 * 86_400)
        bob.restart(world)
        world.run(for: .seconds(5))
        world.now.utc = truth
        bob.restart(world)
        world.run(for: .seconds(5))
        let published = try #require(sequence(of: bob))
        bob.stop()

        let restored = Person(index: 1, byte: 2, now: world.now)
        world.people.append(restored)
        world.hidesRecords = true
        restored.start(world)
        world.run(for: .seconds(5))
        #expect(sequence(of: restored) == published)
        #expect(world.staleRecords > 0)
        world.hidesRecords = false
        world.run(for: .seconds(60))
        #expect(sequence(of: restored) == published + 1)
    }

    /// One keeper that says without end that it has a newer record, and shows none.
    @Test func aLiarDoesntHaveItPublishedWithoutPause() {
        let bob = world.addPerson(2)
        world.claimsNewerRecords = true
        world.run(for: .seconds(3 * 3_600))
        let brought = world.recordsBrought[bob.index, default: 0]
        // Two things of an epoch or two: at once, after seconds and minutes, and then every hour; and each once more at the first refusal.
        #expect((8...80).contains(brought), "\(brought)")
    }

    /// Whoever looks at the network sees no hour in which everybody publishes.
    @Test func everybodyPublishesForTheNextEpochAtATimeOfTheirOwn() {
        let epoch = Epoch(number: 3_000)
        let hours = (0..<168).map { epoch.start.advanced(bySeconds: $0 * 3_600) }
        let due = (1...200).map { number in
            let seed = SecretKey(Bytes32(words: (UInt64(number), 1, 2, 3)))
            let profile = ProfileKey(seed: seed, suite: .cheap)
            #expect(Publication.epochs(hours[0].advanced(bySeconds: -1), of: profile).contains(epoch))
            return hours.firstIndex { Publication.epochs($0, of: profile).last == epoch.advanced(by: 1) } ?? .max
        }
        #expect(due.allSatisfy { $0 <= 120 }, "48 hours ahead")
        let busiest = (0...120).map { hour in due.count { $0 == hour } }.max() ?? 0
        #expect(busiest <= 8, "200 people in 120 hours")
        #expect((due.min() ?? 0) < 12 && (due.max() ?? 0) > 108)
    }

    /// In between a few are asked, once in an hour at least.
    @Test func allKeepersAreBroughtItEveryFiveHours() throws {
        let bob = world.addPerson(2)
        // A new prekey makes a new record each day.
        world.run(for: .seconds(4 * 3_600 + 86_400 - world.now.utc.seconds % 86_400))
        let before = (brought: world.recordsBrought[bob.index] ?? 0, checked: world.recordsChecked[bob.index] ?? 0)
        world.run(for: .seconds(16 * 3_600))
        let brought = (world.recordsBrought[bob.index] ?? 0) - before.brought
        let checked = (world.recordsChecked[bob.index] ?? 0) - before.checked
        #expect((3...5).contains(brought), "the record of this epoch, and once or twice its policy: \(brought)")
        #expect((12...27).contains(checked))
    }

    /// Somebody brings an older one to those that have come meanwhile.
    @Test func whoHasAnOlderOneIsBroughtTheNewestWithinAnHour() throws {
        let bob = world.addPerson(2)
        world.run(for: .seconds(5))
        let location = bob.profile.blinded(for: .record, epoch: world.now.utc.epoch).location
        let older = try #require(world.records[location])
        world.run(for: .seconds(4 * 3_600 + 86_400 - world.now.utc.seconds % 86_400))
        let newest = try #require(world.records[location])
        #expect(newest != older)
        for _ in 0..<3 {
            world.records[location] = older
            let before = world.recordsBrought[bob.index] ?? 0
            world.run(for: .seconds(3_600))
            #expect(world.records[location] == newest)
            #expect(world.recordsBrought[bob.index] ?? 0 > before, "all are brought it")
        }
    }

    /// A record that is still valid may have been sealed to on its last day by a clock that is behind; the envelope lasts,
    /// by the same clock, as long as any may.
    @Test func aPrekeyOutlivesWhateverWasSealedToIt() {
        for hour in stride(from: Int64(-5 * 24), to: 168, by: 7) {
            let epoch = Epoch(number: 3_000)
            let published = epoch.start.advanced(bySeconds: hour * 3_600)
            let sealedAt = Publication.validUntil(epoch, published).advanced(bySeconds: -1)
            let expiry = sealedAt.day.advanced(by: Limits.envelopeDaysAccepted)
            let prekey = Prekey(
                day: published.day, secret: SecretKey(.zero), seed: SecretDigest(.zero), suite: .cheap)
            #expect(expiry < prekey.lastDay, "and a day for the recipient's clock")
        }
    }
}
