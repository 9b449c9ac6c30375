import Basics
import Conversations
import Cryptography
import Foundation
import Testing

/// A long conversation of which everything that Bob draws is known, so that another program can be Bob: see
/// Tests/SecondImplementation/open_recording.py.
@Suite struct RecordingTests {
    private static let epoch = Epoch(number: 2_968)
    private static let now = UnixTime(seconds: 1_795_222_800)
    private static let own = OwnStanding(generation: 0, start: 1, isNewest: true)

    private struct Side {
        let profile: ProfileKey
        let cipher: EnvelopeCipher
        let mailbox: MailboxID
        var prekeys = PrekeyRing()
        var conversation = Conversation()
        var keys = HeaderKeys()
        var generator: SecureGenerator

        init(_ byte: UInt8, generator: SecureGenerator) {
            profile = ProfileKey(seed: SecretKey(Samples.bytes(byte)), suite: .sodium)
            cipher = EnvelopeCipher(profile: profile, suite: .sodium)
            mailbox = profile.blinded(for: .mailbox, epoch: RecordingTests.epoch).location
            self.generator = generator
            let seed = SecretDigest(Digest512(first: Samples.bytes(9), second: Samples.bytes(9)))
            prekeys.insert(
                Prekey(day: RecordingTests.now.day, secret: SecretKey(Samples.bytes(3)), seed: seed, suite: .sodium))
        }

        func record() throws -> PeerRecord {
            var generator = SecureGenerator(seed: Samples.bytes(5))
            let bytes = PeerRecord.publish(
                profile, suite: .sodium, epoch: RecordingTests.epoch, prekey: prekeys.prekeys[0],
                continuity: Continuity(), contacts: [], sequence: 7,
                validUntil: RecordingTests.now.advanced(bySeconds: 86_400), generator: &generator)
            return try PeerRecord(
                verifying: bytes, of: profile.peerID, epoch: RecordingTests.epoch, suite: .sodium,
                now: RecordingTests.now)
        }

        mutating func seal(_ number: UInt64, to other: Side) throws -> [UInt8] {
            let content = Content(
                id: MessageID(UInt128(number)), lamport: number, sentAt: RecordingTests.now, body: .text("\(number)"))
            let sealed = try conversation.seal(
                content, to: other.record(), mailbox: other.mailbox, expiry: RecordingTests.now.day.advanced(by: 15),
                as: RecordingTests.own, today: RecordingTests.now.day, with: cipher, generator: &generator)
            keys.update(other.profile.peerID, conversation)
            return sealed.bytes
        }

        mutating func open(_ envelope: [UInt8]) throws {
            let conversation = conversation
            let opened = try Conversation.open(
                envelope, mailbox: mailbox, prekeys: prekeys, headerKeys: keys, as: RecordingTests.own,
                today: RecordingTests.now.day, with: cipher
            ) { _ in conversation }
            self.conversation = opened.conversation
            keys.update(opened.sender, opened.conversation)
        }
    }

    /// `ROOST_RECORDING` names the file to be written, and Scripts/test-protocol.sh reads it.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["ROOST_RECORDING"] != nil))
    func aLongConversationIsRecorded() throws {
        let path = try #require(ProcessInfo.processInfo.environment["ROOST_RECORDING"])
        var random = SeededGenerator(seed: 16)
        var alice = Side(1, generator: SecureGenerator(seed: Samples.bytes(6)))
        var bob = Side(2, generator: SecureGenerator(seed: Samples.bytes(4)))
        var (lines, toBob, toAlice): ([String], [(UInt64, [UInt8])], [[UInt8]]) = ([], [], [])
        var (number, opened): (UInt64, Int) = (0, 0)
        while opened < 1_000 {
            number += 1
            switch random.next() % 8 {
            case 0..<4: toBob.append((number, try alice.seal(number, to: bob)))
            case 4..<6:
                guard !toBob.isEmpty else { continue }
                let (number, envelope) = toBob.remove(at: Int(random.next() % UInt64(toBob.count)))
                try bob.open(envelope)
                lines.append("opens \(number) \(hex(envelope))")
                opened += 1
            case 6:
                guard opened > 0 else { continue }
                let envelope = try bob.seal(number, to: alice)
                lines.append("seals \(number) \(hex(envelope))")
                toAlice.append(envelope)
            default:
                guard !toAlice.isEmpty else { continue }
                try alice.open(toAlice.remove(at: Int(random.next() % UInt64(toAlice.count))))
            }
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
    }

    private func hex(_ bytes: [UInt8]) -> String { Hexadecimal.encode(bytes) }
}
