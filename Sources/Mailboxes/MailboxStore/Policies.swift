import Basics
import Storage
import Wire

extension StoreView {
    /// What the owner of a mailbox has said about it; nil where no valid policy is kept here. It was verified when it came,
    /// as any record.
    func policy(of mailbox: MailboxID, now: UnixTime) -> MailboxPolicy? {
        var policy: MailboxPolicy?
        _ = read(.records, StoredKey.location(mailbox)) { bytes in
            guard let record = try? SignedRecord(decoding: bytes), now < record.validUntil else { return }
            policy = try? MailboxPolicy(decoding: bytes)
        }
        return policy
    }
}
