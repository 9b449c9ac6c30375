import Basics
import Cryptography

/// The chain in which one side of a session sends at present.
struct SendingChain: Equatable {
    /// What the other side's next step agrees with.
    let secret: SecretKey
    let publicKey: PublicKey
    /// Nil in the chain of first messages, whose headers have a key of their own.
    let headerKey: SecretKey?
    /// The KEM object that each message of the chain shows: the responder's encapsulation key, or the initiator's
    /// ciphertext and zeros; empty in the chain of first messages.
    let object: [UInt8]
    /// What the responder's encapsulation key follows from.
    let seed: SecretDigest?
    var chainKey: SecretKey
    /// The number of the next message.
    var number: UInt32 = 0

    /// The key of the next message, which is never given again.
    mutating func advance() -> SecretKey {
        let (key, next) = KeySchedule.message(chainKey)
        chainKey = next
        number += 1
        return key
    }
}

/// A chain in which the other side sends, or has sent.
struct ReceivingChain: Equatable {
    /// The key of a message that hasn't come.
    struct Skipped: Equatable {
        let number: UInt32
        let key: SecretKey
        let since: Day
    }

    /// Nil in the chain of first messages.
    let headerKey: SecretKey?
    /// Nil once a newer chain has begun: nothing follows here but what is missing.
    private(set) var chainKey: SecretKey?
    /// The number of the next message.
    private(set) var number: UInt32
    /// Ascending by number.
    private(set) var skipped: [Skipped]

    init(headerKey: SecretKey?, chainKey: SecretKey?, number: UInt32 = 0, skipped: [Skipped] = []) {
        self.headerKey = headerKey
        self.chainKey = chainKey
        self.number = number
        self.skipped = skipped
    }

    /// The key of a message, which is never given again. Keys of those before it that have not come are kept.
    mutating func key(of wanted: UInt32, today: Day) throws(OpenError) -> SecretKey {
        if wanted < number {
            guard let index = skipped.firstIndex(where: { $0.number == wanted }) else { throw .keyUsed }
            return skipped.remove(at: index).key
        }
        try skip(to: wanted, today: today)
        guard let chainKey else { throw .keyUsed }
        let (key, next) = KeySchedule.message(chainKey)
        self.chainKey = next
        number += 1
        return key
    }

    /// A newer chain has begun; this one has had so many messages.
    mutating func end(count: UInt32, today: Day) throws(OpenError) {
        try skip(to: max(count, number), today: today)
        chainKey = nil
    }

    private mutating func skip(to wanted: UInt32, today: Day) throws(OpenError) {
        guard wanted > number else { return }
        guard wanted <= Limits.messagesPerChain, let chainKey else { throw .keyUsed }
        var next = chainKey
        while number < wanted {
            let (key, after) = KeySchedule.message(next)
            skipped.append(Skipped(number: number, key: key, since: today))
            next = after
            number += 1
        }
        self.chainKey = next
    }

    /// Forgets the keys of messages that can't come any more.
    mutating func forget(before day: Day) { skipped.removeAll { $0.since < day } }

    mutating func forgetSkipped() { skipped = [] }
}
