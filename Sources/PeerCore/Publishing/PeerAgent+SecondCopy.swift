import Basics
import Conversations
import Storage
import Wire

/// Noticing that another copy of this person's profile publishes as well.
extension PeerAgent {
    /// When another copy of this profile was seen to publish; nil where none was lately. Two copies are one person in two
    /// places: what is sealed to the keys of the one, the other can't open.
    public var secondCopySighting: SecondCopySighting? { secondCopy.sighting }

    /// A verified record was read that lies under this person's own key.
    mutating func watchForSecondCopy(_ record: SignedRecord, _ bytes: [UInt8], _ epoch: Epoch, _ now: Now) {
        let last = SecondCopy.Published(
            sequence: view.number(.profile, ProfileTable.sequence),
            bytes: publication.records.first { $0.epoch == epoch }?.bytes)
        guard SecondCopy.isForeign(record, bytes, to: last, isOwnPrekey: isOwnPrekey(in: bytes, epoch, now)) else {
            return
        }
        secondCopy.seen(at: now.utc)
        if let sighting = secondCopy.sighting { view.put(.profile, ProfileTable.secondCopy, sighting.encoded) }
    }

    /// The records were published, and nobody held newer ones.
    mutating func forgetSecondCopy(_ now: Now) {
        guard clock.isUsable, secondCopy.publishedUndisturbed(at: now.utc) else { return }
        view.remove(.profile, ProfileTable.secondCopy)
    }

    /// Whether a record names the prekey that is held here for its epoch.
    private func isOwnPrekey(in bytes: [UInt8], _ epoch: Epoch, _ now: Now) -> Bool {
        guard let record = try? PeerRecord(verifying: bytes, of: id, epoch: epoch, suite: suite, now: now.utc),
            let prekey = prekeys[record.prekeyEpoch]
        else { return false }
        return suite.publicKey(of: prekey.secret) == record.prekey
    }
}

extension StoreView {
    func secondCopy() -> SecondCopy {
        SecondCopy(value(.profile, ProfileTable.secondCopy).flatMap { try? SecondCopySighting($0.span.bytes) })
    }
}
