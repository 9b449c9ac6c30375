import Basics
import Conversations
import Cryptography
import PeerCore
import Testing
import Wire

/// People whose programs are of different versions.
@Suite struct OtherVersionTests {
    /// What a program of another version publishes at the place of this epoch: its owner's own, with other fields.
    private static func foreignRecord(of person: Person, at now: UnixTime) -> (Location, [UInt8]) {
        let signer = person.profile.blinded(for: .record, epoch: now.epoch)
        var hash = Blake2b(.recordKey)
        hash.update(person.id.bytes)
        hash.update(BlindingPurpose.record.rawValue)
        hash.update(now.epoch.number)
        let nonce = [UInt8](repeating: 1, count: XChaChaPoly.nonceSize)
        let identity: [UInt8] = [1, 0, 0, 0, 96] + [UInt8](repeating: 7, count: 96)
        let sealed = XChaChaPoly.seal(
            identity, nonce: nonce, key: hash.finishSecret(), authenticating: signer.key.bytes.array)
        let record = SignedRecord.encode(
            sequence: .max / 2, validUntil: now.advanced(bySeconds: 86_400), sealed: nonce + sealed, signer: signer)
        return (signer.location, record)
    }

    @Test func whoWritesToAnotherVersionIsToldSo() throws {
        let (world, alice, bob) = World.ofTwo()
        bob.isOnline = false
        let (location, record) = Self.foreignRecord(of: bob, at: world.now.utc)
        world.records[location] = record
        #expect(throws: PeerRecordError.otherVersion) {
            try PeerRecord(
                verifying: record, of: bob.id, epoch: world.now.utc.epoch, suite: Person.suite, now: world.now.utc)
        }
        let id = try alice.send("Which version are you?", to: bob, world)
        world.run(for: .seconds(10))
        let reason = try #require(alice.agent.message(id)?.reason)
        #expect(reason.contains("another version of roost") && reason.contains("update"), "\(reason)")
        // As soon as the other has the same version, it goes.
        world.records[location] = nil
        bob.isOnline = true
        bob.restart(world)
        world.run(for: .seconds(1_800))
        #expect(bob.texts(world) == ["Which version are you?"])
    }
}
