import Basics
import Cryptography
import Testing
import Wire

/// What blinded keys sign, and envelopes. The expected bytes were computed apart from this program.
@Suite struct SignedTests {
    private let fixtures: Fixtures
    private let profile: ProfileKey
    private let epoch = Epoch(number: 2_968)
    private let envelope: [UInt8]

    init() throws {
        fixtures = try Fixtures("signed")
        profile = ProfileKey(seed: SecretKey(try fixtures.bytes32("seed")))
        let sealed = (0..<2_041).map { UInt8($0 % 251) }
        envelope = EnvelopeHeader(expiry: Day(number: 20_778), sizeClass: 0).assemble(sealed: sealed)
    }

    @Test func keysAndLocations() throws {
        #expect(profile.peerID.bytes == (try fixtures.bytes32("peer ID")))
        #expect(Array(profile.peerID.text.utf8) == (try fixtures["peer ID text"]))
        for (name, purpose) in [("record", BlindingPurpose.record), ("mailbox", .mailbox)] {
            let key = try #require(profile.peerID.blindedKey(for: purpose, epoch: epoch))
            #expect(key.bytes == (try fixtures.bytes32("\(name) key")))
            #expect(key.location.bytes == (try fixtures.bytes32("\(name) location")))
        }
    }

    @Test func records() throws {
        let expected = try fixtures["record"]
        let signer = profile.blinded(for: .record, epoch: epoch)
        let validUntil = UnixTime(seconds: 1_795_827_600)
        let sealed = counting(from: 0, count: 40)
        #expect(SignedRecord.encode(sequence: 7, validUntil: validUntil, sealed: sealed, signer: signer) == expected)

        let record = try SignedRecord(decoding: expected.span.bytes)
        #expect(record.key == signer.key && record.sequence == 7 && record.validUntil == validUntil)
        #expect(record.sealed.copy(of: expected.span.bytes) == sealed)
    }

    @Test func recordsAreBelievedOnlyWhereAndWhenTheyHold() throws {
        let bytes = try fixtures["record"]
        let signer = profile.blinded(for: .record, epoch: epoch)
        let end = UnixTime(seconds: 1_795_827_600)
        func verified(_ bytes: [UInt8], at location: Location? = nil, now: UnixTime) -> SignedRecord? {
            SignedRecord.verified(bytes, at: location ?? signer.location, now: now, suite: .sodium)
        }
        let now = end.advanced(bySeconds: -60)
        #expect(verified(bytes, now: now) != nil)
        #expect(verified(bytes, now: end.advanced(bySeconds: 1)) == nil)
        let far = -Int64(Limits.recordDaysAccepted) * UnixTime.secondsPerDay - 1
        #expect(verified(bytes, now: end.advanced(bySeconds: far)) == nil)
        #expect(verified(bytes, now: end.advanced(bySeconds: far + 1)) != nil)
        #expect(verified(bytes, at: Location(.zero), now: now) == nil)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(verified(damaged, now: now) == nil, "byte \(index)")
        }
    }

    @Test func recordsThatAreNone() throws {
        let bytes = try fixtures["record"]
        func error(_ bytes: [UInt8]) -> DecodeError? {
            decodeError { () throws(DecodeError) in _ = try SignedRecord(decoding: bytes.span.bytes) }
        }
        #expect(error(bytes) == nil)
        #expect(error([2] + bytes.dropFirst()) == .unknownVersion)
        #expect(error(bytes + [0]) == .oversized)
        #expect(error(Array(repeating: 1, count: 4_097)) == .oversized)
        for count in bytes.indices { #expect(error(Array(bytes.prefix(count))) == .truncated) }
    }

    @Test func envelopes() throws {
        #expect(Array(envelope.prefix(7)) == (try fixtures["envelope header"]))
        #expect(EnvelopeID(hashing: envelope.span.bytes).bytes == (try fixtures.bytes32("envelope ID")))
        let header = try EnvelopeHeader(decoding: envelope.span.bytes)
        #expect(header == EnvelopeHeader(expiry: Day(number: 20_778), sizeClass: 0))
        #expect(header.sealed == ByteRange(offset: 7, count: 2_041) && header.size == 2_048)
        #expect(header.authenticated == Array(envelope.prefix(7)))
    }

    @Test func envelopesOfAcceptedSendersAreUnderstood() throws {
        var signed = envelope
        signed[6] = 1
        let header = try EnvelopeHeader(decoding: signed.span.bytes)
        #expect(header.deliverySignature?.array == Array(signed[7..<71]))
        #expect(header.sealed == ByteRange(offset: 71, count: 1_977))
        #expect(header.authenticated == Array(signed.prefix(7)))
        #expect(header.assemble(sealed: Array(signed[71...])) == signed)
    }

    @Test func policiesAndWhatTheyAccept() throws {
        let secret = DeliverySecret(of: profile)
        #expect(secret.bytes.exposedBytes == (try fixtures.bytes32("delivery secret")))
        let sender = secret.signer(in: epoch, suite: .sodium)
        #expect(sender.publicKey == (try fixtures.bytes32("delivery key")))
        #expect(secret.signer(in: epoch.advanced(by: 1), suite: .sodium).publicKey != sender.publicKey)

        let expected = try fixtures["policy"]
        let policy = MailboxPolicy(deliveryKeys: [sender.publicKey])
        let mailbox = profile.blinded(for: .mailbox, epoch: epoch)
        let validUntil = UnixTime(seconds: 1_795_827_600)
        #expect(policy.encode(sequence: 7, validUntil: validUntil, signer: mailbox) == expected)
        #expect(try MailboxPolicy(decoding: expected.span.bytes) == policy)
        let now = validUntil.advanced(bySeconds: -60)
        #expect(SignedRecord.verified(expected, at: mailbox.location, now: now, suite: .sodium)?.sequence == 7)

        let header = EnvelopeHeader(expiry: Day(number: 20_778), sizeClass: 0, isSigned: true)
        let sealed = (0..<1_977).map { UInt8($0 % 251) }
        let signed = header.assemble(sealed: sealed) { sender.sign(SignedBytes.delivery(mailbox.location, $0)) }
        #expect(Array(signed[7..<71]) == (try fixtures["delivery signature"]))
        #expect(policy.accepts(signed, in: mailbox.location, suite: .sodium))
        #expect(!policy.accepts(signed, in: Location(.zero), suite: .sodium), "another mailbox")
        #expect(!policy.accepts(envelope, in: mailbox.location, suite: .sodium), "not signed")
        for index in stride(from: 0, to: signed.count, by: 61) {
            var damaged = signed
            damaged[index] ^= 1
            #expect(!policy.accepts(damaged, in: mailbox.location, suite: .sodium), "byte \(index)")
        }
    }

    @Test func policiesThatAreNone() throws {
        let signer = profile.blinded(for: .mailbox, epoch: epoch)
        func error(_ sealed: [UInt8]) -> DecodeError? {
            let record = SignedRecord.encode(
                sequence: 1, validUntil: UnixTime(seconds: 1), sealed: sealed, signer: signer)
            return decodeError { () throws(DecodeError) in _ = try MailboxPolicy(decoding: record.span.bytes) }
        }
        func field(_ tag: UInt8, _ count: Int) -> [UInt8] {
            [tag] + UInt32(count).bigEndianBytes + [UInt8](repeating: 7, count: count)
        }
        #expect(error(field(1, 0)) == nil, "nobody is accepted")
        #expect(error(field(9, 5) + field(1, 64)) == nil, "later versions may say more")
        #expect(error(field(1, 33)) == .fieldLength)
        #expect(error(field(1, 32) + field(1, 32)) == .unorderedFields)
        #expect(error([]) == .missingField)
        #expect(error(field(9, 5)) == .missingField)
        for count in 1..<37 { #expect(error(Array(field(1, 32).prefix(count))) == .truncated) }
    }

    /// Verifying costs with each key.
    @Test func ofManyKeysInAPolicyTheFirstTwoCount() throws {
        let keys = (1...16).map { Bytes32(words: ($0, 0, 0, 0)) }
        #expect(MailboxPolicy(deliveryKeys: keys).deliveryKeys == Array(keys.prefix(2)))
        let bytes = keys.flatMap(\.array)
        let record = SignedRecord.encode(
            sequence: 1, validUntil: UnixTime(seconds: 1), sealed: [1] + UInt32(bytes.count).bigEndianBytes + bytes,
            signer: profile.blinded(for: .mailbox, epoch: epoch))
        #expect(try MailboxPolicy(decoding: record.span.bytes).deliveryKeys == Array(keys.prefix(2)))
    }

    @Test func envelopesThatAreNone() {
        func error(_ change: (inout [UInt8]) -> Void) -> DecodeError? {
            var bytes = envelope
            change(&bytes)
            return decodeError { () throws(DecodeError) in _ = try EnvelopeHeader(decoding: bytes.span.bytes) }
        }
        #expect(error { _ in } == nil)
        #expect(error { $0[0] = 2 } == .unknownVersion)
        #expect(error { $0[5] = 1 } == .truncated, "of another class")
        #expect(error { $0[5] = 4 } == .outOfRange)
        #expect(error { $0[6] = 2 } == .outOfRange)
        #expect(error { $0.removeLast() } == .truncated)
        #expect(error { $0.append(0) } == .oversized)
        for count in 0..<71 { #expect(error { $0 = Array($0.prefix(count)) } == .truncated) }
    }

    @Test func statements() throws {
        let signer = profile.blinded(for: .mailbox, epoch: epoch)
        let id = EnvelopeID(hashing: envelope.span.bytes)
        let day = Day(number: 20_778)
        #expect(SignedBytes.tombstone(signer.location, id, expiry: day) == (try fixtures["tombstone statement"]))
        let tombstone = Tombstone(envelope: id, expiry: day, signer: signer)
        #expect(written { $0.tombstone(tombstone) } == (try fixtures["tombstone"]))
        #expect(tombstone.isSigned(by: signer.key, suite: .sodium))
        let later = Tombstone(envelope: id, expiry: day.advanced(by: 1), signature: tombstone.signature)
        #expect(!later.isSigned(by: signer.key, suite: .sodium))
        #expect(!tombstone.isSigned(by: profile.blinded(for: .record, epoch: epoch).key, suite: .sodium))

        let binding = try #require(Digest512(counting(from: 0x40, count: 64)))
        let responder = NodeID(bytes32(from: 0x80))
        let statement = SignedBytes.authorize(signer.location, channelBinding: binding, responder: responder)
        #expect(statement == (try fixtures["authorize statement"]))
        #expect(signer.sign(statement).array == (try fixtures["authorize signature"]))
    }
}
