import Basics
import Cryptography

/// A Diffie-Hellman key that others seal messages with, for a limited time: X3DH's signed prekey (Signal, §2.2).
///
/// It is drawn at random and erased when nothing sealed with it can arrive any more. So a thief who later steals the
/// profile key can't read earlier mail.
public struct Prekey: Sendable {
    /// The epoch whose record names it. It is the same for everybody, so that it reveals nothing.
    public let epoch: Epoch
    public let secret: SecretKey
    /// What others seal with. It is kept as it costs a multiplication on the curve.
    public let publicKey: PublicKey

    public init(epoch: Epoch, secret: SecretKey, suite: CipherSuite) {
        self.epoch = epoch
        self.secret = secret
        publicKey = suite.publicKey(of: secret)
    }

    /// The day after which nothing sealed with it can arrive. The record is valid for `Limits.recordDays` after the
    /// epoch's first day; an envelope sealed on the last of these lasts `Limits.envelopeDaysAccepted`; one day is
    /// slack.
    public var lastDay: Day { epoch.start.day.advanced(by: Limits.recordDays + Limits.envelopeDaysAccepted + 1) }
}

/// The prekeys of this person with which mail may still arrive.
public struct PrekeyRing: Sendable {
    /// Ascending by epoch: a handful.
    public private(set) var prekeys: [Prekey] = []

    public init() {}

    /// The prekey that an epoch's record names.
    public subscript(epoch: Epoch) -> Prekey? { prekeys.first { $0.epoch == epoch } }

    /// Adds a prekey; if the epoch has one already, that one stays.
    public mutating func insert(_ prekey: Prekey) {
        guard self[prekey.epoch] == nil else { return }
        prekeys.insert(prekey, at: prekeys.firstIndex { $0.epoch > prekey.epoch } ?? prekeys.endIndex)
    }

    /// Removes the prekeys whose last day has passed, and returns them so that they are erased on disk.
    public mutating func removeOutdated(today: Day) -> [Prekey] {
        let outdated = prekeys.filter { $0.lastDay < today }
        prekeys.removeAll { $0.lastDay < today }
        return outdated
    }
}
