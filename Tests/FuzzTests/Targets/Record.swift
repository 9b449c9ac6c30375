import Basics
import Conversations
import Cryptography
import Wire

/// The first byte chooses what the others are: a record, the fields sealed in one, or changes to a record that is right.
func readRecord(_ input: [UInt8]) throws(Finding) {
    var script = Script(input)
    switch script.below(3) {
    case 0: try readSignedRecord(script.rest())
    case 1: try readRecordFields(script.rest())
    default: try changeRecord(&script)
    }
}

private func readSignedRecord(_ bytes: [UInt8]) throws(Finding) {
    guard let record = try? SignedRecord(decoding: bytes.span.bytes) else { return }
    try expect(bytes.count <= Limits.recordSize, "a record is in its bounds")
    try expect(record.sealed.count + SignedRecord.overhead == bytes.count, "a record has one length")
    _ = record.isTimely(Sample.now)
    if let policy = try? MailboxPolicy(decoding: bytes.span.bytes) {
        try expect(policy.deliveryKeys.count <= Limits.deliveryKeysPerPolicy, "no more keys than may be")
        let again = policy.encode(
            sequence: record.sequence, validUntil: record.validUntil,
            signer: Sample.profile.blinded(for: .mailbox, epoch: Sample.now.epoch))
        try expect(
            (try? MailboxPolicy(decoding: again.span.bytes)) == policy, "a policy encodes to what decodes the same")
        _ = policy.accepts(Sample.envelope, in: Sample.mailbox, suite: .cheap)
    }
    let verified = SignedRecord.verified(bytes, at: record.key.location, now: Sample.now, suite: .cheap)
    if verified != nil { try expect(record.isTimely(Sample.now), "a record that is believed holds") }
}

private func readRecordFields(_ bytes: [UInt8]) throws(Finding) {
    guard let fields = try? PeerRecordFields(bytes.span.bytes) else { return }
    if case .open(let contacts) = fields.endpoints {
        try expect(contacts.count <= Limits.contactsPerRecord, "no more contacts than may be")
    }
    let encoded = fields.encoded
    guard let again = try? PeerRecordFields(encoded.span.bytes) else { throw Finding("encoded fields decode") }
    try expect(again.encoded == encoded, "fields encode to what decodes the same")
    try expect(again.endpoints == fields.endpoints, "endpoints survive")
}

/// Nothing that differs from what the peer signed is believed.
private func changeRecord(_ script: inout Script) throws(Finding) {
    let changed = script.changes(to: Sample.record)
    let verified = try? PeerRecord(
        verifying: changed, of: Sample.profile.peerID, epoch: Sample.now.epoch, suite: .cheap, now: Sample.now)
    try expect((verified != nil) == (changed == Sample.record), "only the peer's own record is believed")
}
