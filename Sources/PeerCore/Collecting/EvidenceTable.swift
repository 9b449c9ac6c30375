import Basics
import Storage

/// In the table `inbox`, beside what `InboxTable` draws:
/// ```
///   v ‖ day ‖ envelope    the envelope is signed and couldn't be opened, which has been taken into account
/// ```
/// It is kept until the envelope's last day, whoever offers it meanwhile and however often: so each counts once.
enum EvidenceTable {
    static let prefix = [UInt8(ascii: "v")]

    static func key(_ envelope: EnvelopeID, _ expiry: Day) -> [UInt8] {
        prefix + expiry.number.bigEndianBytes + envelope.bytes.array
    }
}

extension StoreView {
    /// Remembers that a signed envelope couldn't be opened. Returns whether that is new; where too many are remembered, none is.
    mutating func putEvidence(_ envelope: EnvelopeID, expiry: Day) -> Bool {
        let key = EvidenceTable.key(envelope, expiry)
        guard !contains(.inbox, key) else { return false }
        var count = 0
        scan(.inbox, prefix: EvidenceTable.prefix) { _, _ in
            count += 1
            return count < Limits.evidenceOfOlderCopies
        }
        guard count < Limits.evidenceOfOlderCopies else { return false }
        put(.inbox, key, [])
        return true
    }

    /// Forgets the envelopes whose last day was before `day`.
    mutating func forgetEvidence(before day: Day) {
        var keys: [[UInt8]] = []
        scan(.inbox, prefix: EvidenceTable.prefix) { key, _ in
            guard let number = UInt32(bigEndianBytes: key, at: 1), number < day.number else { return false }
            keys.append(key.withUnsafeBytes { Array($0) })
            return true
        }
        for key in keys { remove(.inbox, key) }
    }
}
