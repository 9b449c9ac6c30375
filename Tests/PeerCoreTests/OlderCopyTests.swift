import Basics
import Conversations
import Cryptography
import Exchange
import PeerCore
import Testing
import Wire

/// Two people one of whom goes on from a copy of their data that is newer than their last start: no record tells. What one of them
/// can't open does.
@Suite struct OlderCopyTests {
    let world: World
    let alice: Person
    let bob: Person

    init() throws {
        (world, alice, bob) = World.ofTwo()
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        try bob.send("hello, Alice", to: alice, world)
        world.run(for: .seconds(5))
        // From here on nobody is told by a refusal.
        world.isDirectOpen = false
    }

    /// Some turns of the ratchet, of which a copy made before knows nothing.
    private func talk() throws {
        for number in 0..<3 {
            try alice.send("alice \(number)", to: bob, world)
            world.run(for: .seconds(60))
            try bob.send("bob \(number)", to: alice, world)
            world.run(for: .seconds(60))
        }
    }

    private func generation(of person: Person) throws -> UInt32 {
        let epoch = world.now.utc.epoch
        let bytes = try #require(world.records[person.profile.blinded(for: .record, epoch: epoch).location])
        return try PeerRecord(
            verifying: bytes, of: person.profile.peerID, epoch: epoch, suite: Person.suite, now: world.now.utc
        ).generation
    }

    /// What the older copy seals, nobody can open.
    @Test(arguments: [true, false]) func whatItWritesArrivesWithinMinutes(isBobThere: Bool) throws {
        let backup = alice.backup()
        try talk()
        alice.stop()
        if !isBobThere { bob.stop() }
        let restored = world.addCopy(of: alice, store: backup)
        let ids = try (0..<3).map { try restored.send("after \($0)", to: bob, world) }
        world.run(for: .seconds(120))
        if !isBobThere { bob.restart(world) }
        world.run(for: .seconds(1_200))
        #expect(bob.texts(world).filter { $0.hasPrefix("after") } == ["after 0", "after 1", "after 2"])
        #expect(ids.allSatisfy { restored.state($0) == .delivered })
        #expect(try generation(of: bob) == 1, "one is enough for all that waits")
    }

    /// What others seal, the older copy can't open. It is the first to know, and what it writes later opens at once.
    @Test func whatItIsWrittenArrivesWithinMinutes() throws {
        let backup = alice.backup()
        try talk()
        alice.stop()
        let id = try bob.send("while you were away", to: alice, world)
        world.run(for: .seconds(60))
        let restored = world.addCopy(of: alice, store: backup)
        world.run(for: .seconds(60))
        #expect(restored.agent.unopened?.count == 1)
        #expect(try generation(of: alice) == 1)
        let reply = try restored.send("back again", to: bob, world)
        world.run(for: .seconds(60))
        #expect(restored.state(reply) == .delivered)
        world.run(for: .seconds(1_200))
        #expect(restored.texts(world).last == "while you were away")
        #expect(bob.state(id) == .delivered)
        #expect(try generation(of: bob) == 0)
    }

    // MARK: Noise

    /// Puts into Bob's mailbox what nobody can open. `owner`: for whose mailbox it is signed; nil where it isn't.
    @discardableResult
    private func addNoise(_ number: Int = 0, signedForMailboxOf owner: Person?) -> [UInt8] {
        let epoch = world.now.utc.epoch
        let signer = DeliverySecret(of: bob.profile).signer(in: epoch, suite: Person.suite)
        let header = EnvelopeHeader(
            expiry: world.now.utc.day.advanced(by: 2), sizeClass: 0, isSigned: owner != nil)
        let sealed = [UInt8](repeating: UInt8(number), count: header.sealed.count)
        let noise =
            owner.map { owner in
                let mailbox = owner.profile.blinded(for: .mailbox, epoch: epoch).location
                return header.assemble(sealed: sealed) { signer.sign(SignedBytes.delivery(mailbox, $0)) }
            } ?? header.assemble(sealed: sealed)
        put(noise)
        return noise
    }

    private func put(_ envelope: [UInt8]) {
        let mailbox = bob.profile.blinded(for: .mailbox, epoch: world.now.utc.epoch).location
        world.mailboxes[mailbox, default: []].append((EnvelopeID(hashing: envelope.span.bytes), envelope))
    }

    /// What somebody accepted signs costs a generation each six hours at most; what a stranger brings costs none.
    @Test(arguments: [true, false]) func noiseBeginsFewGenerations(isSigned: Bool) throws {
        for hour in 0..<6 {
            addNoise(hour, signedForMailboxOf: isSigned ? bob : nil)
            world.run(for: .seconds(3_600))
            #expect(try generation(of: bob) == (isSigned ? 1 : 0), "hour \(hour)")
        }
        #expect(bob.agent.unopened?.count == 6)
        // What came in the meantime counts once the pause is over.
        world.run(for: .seconds(3_600))
        #expect(try generation(of: bob) == (isSigned ? 2 : 0))
        // Nor does a start, or a later look, make news of what was found before.
        bob.restart(world)
        world.run(for: .seconds(7 * 3_600))
        #expect(try generation(of: bob) == (isSigned ? 2 : 0))
    }

    /// A signature for another mailbox is none.
    @Test func aSignatureForAnotherMailboxCountsForNothing() throws {
        addNoise(signedForMailboxOf: alice)
        world.run(for: .seconds(3_600))
        #expect(bob.agent.unopened?.count == 1)
        #expect(try generation(of: bob) == 0)
    }

    /// Holders come and go, and a liar may hold something back and offer it again.
    @Test func whatIsOfferedAgainAndAgainCountsOnce() throws {
        let noise = addNoise(signedForMailboxOf: bob)
        world.run(for: .seconds(60))
        #expect(try generation(of: bob) == 1)
        for _ in 0..<2 {
            world.mailboxes = [:]
            world.run(for: .seconds(7 * 3_600))
            #expect(bob.agent.unopened == nil)
            put(noise)
            world.run(for: .seconds(3_600))
            #expect(bob.agent.unopened?.count == 1)
        }
        #expect(try generation(of: bob) == 1)
    }

    /// What a commit takes back is found again.
    @Test func aCommitThatFailsLosesNoEvidence() throws {
        world.run(for: .seconds(60))
        addNoise(signedForMailboxOf: bob)
        bob.nextResult = .failed
        world.run(for: .seconds(300))
        #expect(bob.nextResult == .committed, "it has failed")
        #expect(bob.agent.unopened?.count == 1)
        #expect(try generation(of: bob) == 1)
    }

    /// It is found before the own records are read. `endsBefore`: and the program ends before they are.
    @Test(arguments: [false, true]) func whatIsFoundBeforeTheStartIsCountedCounts(endsBefore: Bool) throws {
        bob.stop()
        addNoise(signedForMailboxOf: bob)
        bob.reachedAfter = .seconds(2)
        bob.restart(world)
        world.run(for: .seconds(1))
        #expect(bob.agent.unopened?.count == 1)
        #expect(try generation(of: bob) == 0)
        if endsBefore { bob.restart(world) }
        world.run(for: .seconds(60))
        #expect(try generation(of: bob) == 1)
    }

    /// A publication that falls due while another is under way doesn't keep the next from coming.
    @Test(arguments: [10, 30, 60, 110, 160] as [Int64])
    func aPublicationThatFallsDueMeanwhileIsNotTheLast(milliseconds: Int64) throws {
        bob.restart(world)
        world.schedule(.unreachable, for: bob, after: .milliseconds(milliseconds))
        world.run(for: .seconds(3 * 3_600))
        let before = world.recordsBrought[bob.index, default: 0] + world.recordsChecked[bob.index, default: 0]
        world.run(for: .seconds(3 * 3_600))
        let now = world.recordsBrought[bob.index, default: 0] + world.recordsChecked[bob.index, default: 0]
        #expect(now >= before + 2)
    }
}
