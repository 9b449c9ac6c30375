import Basics
import Conversations
import Cryptography
import Testing
import Wire

@Suite struct PeerRecordTests {
    @Test(arguments: EnvelopeCipherTests.suites)
    func whatIsPublishedIsRead(_ suite: CipherSuite) throws {
        let bob = Samples.Person(2, suite)
        let contacts = [Samples.contact(7), Samples.contact(8)]
        let bytes = bob.recordBytes(contacts: contacts)
        let record = try PeerRecord(
            verifying: bytes, of: bob.profile.peerID, epoch: Samples.epoch, suite: suite, now: Samples.now)
        #expect(record.contacts == contacts)
        #expect(record.prekey == suite.publicKey(of: bob.prekeys.prekeys[0].secret))
        #expect(record.prekeyDay == Samples.now.day)
        #expect(record.encapsulationKey == suite.encapsulationKey(seed: bob.prekeys.prekeys[0].seed))
        #expect(record.continuity == Continuity(starts: 3, generation: 1))
        #expect(record.validUntil == Samples.now.advanced(bySeconds: 86_400))
        let signed = try SignedRecord(decoding: bytes.span.bytes)
        #expect(signed.sequence == 7)
        #expect(signed.key.location == bob.profile.blinded(for: .record, epoch: Samples.epoch).location)
    }

    @Test func knownAnswer() {
        let bytes = Samples.Person(2, .sodium).recordBytes(contacts: [Samples.contact(7)])
        #expect(bytes.count == 51 + 24 + 1_536 + 16 + 64)
        #expect(Blake2b.hash256(bytes).hex == "054aa28bacaacc098c0f8f8340ddd85b2d079af1b4c99cc747fac8402daeb346")
    }

    /// Endpoints are for those whom their owner lets read them. What others read is as long, whatever is in it.
    @Test(arguments: EnvelopeCipherTests.suites)
    func endpointsAreForTheirReaders(_ suite: CipherSuite) throws {
        let (alice, bob) = (Samples.Person(1, suite), Samples.Person(2, suite))
        let contacts = [Samples.contact(7)]
        func read(_ bytes: [UInt8], with secret: DeliverySecret?, epoch: Epoch = Samples.epoch) throws -> [Contact] {
            try PeerRecord(
                verifying: bytes, of: bob.profile.peerID, with: secret, epoch: epoch, suite: suite, now: Samples.now
            ).contacts
        }
        let own = DeliverySecret(of: bob.profile)
        for readers in EndpointReaders.allCases {
            let bytes = bob.recordBytes(contacts: contacts, for: readers)
            #expect(try read(bytes, with: own) == (readers == .nobody ? [] : contacts))
            #expect(try read(bytes, with: nil) == (readers == .everyone ? contacts : []))
            #expect(try read(bytes, with: DeliverySecret(of: alice.profile)) == (readers == .everyone ? contacts : []))
        }
        let next = bob.recordBytes(contacts: contacts, for: .accepted, epoch: Samples.epoch.advanced(by: 1))
        #expect(try read(next, with: own, epoch: Samples.epoch.advanced(by: 1)) == contacts)
        let many = (0..<UInt8(Limits.contactsPerRecord)).map { Samples.contact($0) }
        #expect(try read(bob.recordBytes(contacts: many, for: .accepted), with: own) == many)
    }

    @Test func itsLengthTellsNotHowManyNodesThereAre() {
        let bob = Samples.Person(2, .cheap)
        let one = bob.recordBytes(contacts: [Samples.contact(7)])
        #expect(bob.recordBytes().count == one.count)
        let many = bob.recordBytes(contacts: (0..<40).map { Samples.contact($0) })
        #expect(many.count <= Limits.recordSize)
    }

    @Test func onlyThePeersOwnIsBelieved() {
        let alice = Samples.Person(1, .sodium)
        let bob = Samples.Person(2, .sodium)
        let bytes = bob.recordBytes()
        func verify(_ bytes: [UInt8], of peer: PeerID, epoch: Epoch = Samples.epoch, now: UnixTime = Samples.now) throws
        {
            _ = try PeerRecord(verifying: bytes, of: peer, epoch: epoch, suite: .sodium, now: now)
        }
        #expect(throws: Never.self) { try verify(bytes, of: bob.profile.peerID) }
        #expect(throws: PeerRecordError.notAuthentic) { try verify(bytes, of: alice.profile.peerID) }
        #expect(throws: PeerRecordError.notAuthentic) {
            try verify(bytes, of: bob.profile.peerID, epoch: Samples.epoch.advanced(by: 1))
        }
        #expect(throws: PeerRecordError.outdated) {
            try verify(bytes, of: bob.profile.peerID, now: Samples.now.advanced(bySeconds: 86_400))
        }
        for place in 0..<bytes.count {
            var changed = bytes
            changed[place] ^= 1
            #expect(throws: PeerRecordError.self, "byte \(place)") { try verify(changed, of: bob.profile.peerID) }
        }
        for count in [0, 1, 50, bytes.count - 1] {
            #expect(throws: PeerRecordError.self) { try verify(Array(bytes.prefix(count)), of: bob.profile.peerID) }
        }
    }

    /// Who signs rightly with the blinded key but puts in keys that the profile key never signed is not believed.
    @Test func keysNeedTheProfileKeysOwnSignature() {
        let bob = Samples.Person(2, .sodium)
        let signer = bob.profile.blinded(for: .record, epoch: Samples.epoch)
        let bytes = SignedRecord.encode(
            sequence: 1, validUntil: Samples.now.advanced(bySeconds: 60), sealed: [UInt8](repeating: 0, count: 64),
            signer: signer)
        #expect(throws: PeerRecordError.notAuthentic) {
            try PeerRecord(
                verifying: bytes, of: bob.profile.peerID, epoch: Samples.epoch, suite: .sodium, now: Samples.now)
        }
    }

    @Test func prekeysLastAsLongAsMailForThemMayArrive() {
        func prekey(_ day: UInt32, _ byte: UInt8) -> Prekey {
            Prekey(
                day: Day(number: day), secret: SecretKey(Samples.bytes(byte)), seed: SecretDigest(.zero), suite: .cheap)
        }
        var ring = PrekeyRing()
        for number in [103, 101, 102] as [UInt8] { ring.insert(prekey(UInt32(number), number)) }
        #expect(ring.prekeys.map(\.day.number) == [101, 102, 103])
        ring.insert(prekey(102, 1))
        #expect(ring[Day(number: 102)]?.secret == SecretKey(Samples.bytes(102)))
        let last = Day(number: 101 + 21 + 16)
        #expect(ring.removeOutdated(today: last).isEmpty)
        #expect(ring.removeOutdated(today: last.advanced(by: 2)).map(\.day.number) == [101])
        #expect(ring[Day(number: 101)] == nil)
    }
}
