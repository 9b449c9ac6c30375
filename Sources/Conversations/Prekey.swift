import Basics
import Cryptography

/// The keys that others open sessions with, for a limited time: the signed prekey of PQXDH (Signal, revision 3, §2.2),
/// an X25519 key and an ML-KEM-768 key.
///
/// Both are drawn at random and erased when nothing that names them can arrive any more. So a thief who later steals
/// the profile key can't read earlier mail.
public struct Prekey: Sendable {
    /// The day on which it was made. It is all that an envelope says of it.
    public let day: Day
    public let secret: SecretKey
    /// What the encapsulation key follows from.
    public let seed: SecretDigest
    /// The public halves, which cost time to make.
    public let publicKey: PublicKey
    public let encapsulationKey: [UInt8]

    public init(day: Day, secret: SecretKey, seed: SecretDigest, suite: CipherSuite) {
        self.day = day
        self.secret = secret
        self.seed = seed
        publicKey = suite.publicKey(of: secret)
        encapsulationKey = suite.encapsulationKey(seed: seed)
    }

    /// A new one.
    public init(day: Day, suite: CipherSuite, generator: inout SecureGenerator) {
        self.init(day: day, secret: generator.secretKey(), seed: generator.secretDigest(), suite: suite)
    }

    /// The days after which nothing sealed with one can arrive. The last record that names it is valid for `Limits.recordDays`; an
    /// envelope sealed on the last of these lasts `Limits.envelopeDaysAccepted`; one day is slack.
    public static let lifetime = Limits.recordDays + Limits.envelopeDaysAccepted + 1

    /// The last day on which something sealed with it can arrive.
    public var lastDay: Day { day.advanced(by: Prekey.lifetime) }
}

/// The prekeys of this person with which mail may still arrive.
public struct PrekeyRing: Sendable {
    /// Ascending by day: some forty.
    public private(set) var prekeys: [Prekey] = []

    public init() {}

    /// The prekey of a day.
    public subscript(day: Day) -> Prekey? { prekeys.first { $0.day == day } }

    /// Adds a prekey; if the day has one already, that one stays.
    public mutating func insert(_ prekey: Prekey) {
        guard self[prekey.day] == nil else { return }
        prekeys.insert(prekey, at: prekeys.firstIndex { $0.day > prekey.day } ?? prekeys.endIndex)
    }

    /// Removes the prekeys whose last day has passed, and returns them so that they are erased on disk.
    public mutating func removeOutdated(today: Day) -> [Prekey] {
        let outdated = prekeys.filter { $0.lastDay < today }
        prekeys.removeAll { $0.lastDay < today }
        return outdated
    }
}
