import Basics
import Conversations
import Cryptography
import Storage

/// The keys of the table `profile` that are the agent's:
/// ```
///   prekey/ ‖ day u32      the X25519 secret (32) and the ML-KEM seed (64), until its last day has passed
///   continuity             how often the program was started (u32), and the generation (u32)
///   record sequence        the last sequence number given to a record of one's own, u64
///   inbox count            how many messages the inbox holds, u64
///   last arrival           the last number given to a message, u64; missing in stores from before there were any
///   numbered arrivals      how many messages of such a store have got theirs, u64, until all have
///   history index          how far an older store's messages have got their places in conversations; see `HistoryIndexing`
///   owner                  the peer ID (32) of the person whose mail all this is; missing in stores from before it was written
///   reading is private     while others don't hear that their messages were read; see `ReceiptTable`
///   own name               what the person calls themselves; see `NameTable`
///   second copy            when another copy of the profile was seen to publish, while that is remembered
/// ```
enum ProfileTable {
    static let prekeys = Array("prekey/".utf8)
    static let sequence = Array("record sequence".utf8)
    static let inboxCount = Array("inbox count".utf8)
    static let lastArrival = Array("last arrival".utf8)
    static let numberedArrivals = Array("numbered arrivals".utf8)
    static let historyIndex = Array("history index".utf8)
    static let owner = Array("owner".utf8)
    static let secondCopy = Array("second copy".utf8)
    static let continuity = Array("continuity".utf8)
    static let generationBegun = Array("generation begun".utf8)
    /// Nothing is in it; it is there while mail that can't be opened is to begin the next generation.
    static let unopenedMail = Array("unopened mail".utf8)
    static func prekeyKey(_ day: Day) -> [UInt8] { prekeys + day.number.bigEndianBytes }
}

extension StoreView {
    /// Writes down whose store it is, so that it isn't opened with another person's keys.
    mutating func putOwner(_ owner: PeerID) {
        guard value(.profile, ProfileTable.owner) == nil else { return }
        put(.profile, ProfileTable.owner, owner.bytes.array)
    }

    func prekeyRing(_ suite: CipherSuite) -> PrekeyRing {
        var ring = PrekeyRing()
        scan(.profile, prefix: ProfileTable.prekeys) { key, value in
            if let number = UInt32(bigEndianBytes: key, at: ProfileTable.prekeys.count),
                let secret = Bytes32(value).map({ SecretKey($0) }),
                let seed = Digest512(value, at: SecretKey.byteCount).map({ SecretDigest($0) })
            {
                ring.insert(Prekey(day: Day(number: number), secret: secret, seed: seed, suite: suite))
            }
            return true
        }
        return ring
    }

    mutating func putPrekey(_ prekey: Prekey) {
        put(
            .profile, ProfileTable.prekeyKey(prekey.day),
            prekey.secret.exposedBytes.array + prekey.seed.exposedBytes.array)
    }

    /// How this person's data have gone on, as was last made durable here.
    func continuity() -> Continuity {
        let bytes = value(.profile, ProfileTable.continuity) ?? []
        return Continuity(
            starts: UInt32(bigEndianBytes: bytes.span.bytes, at: 0) ?? 0,
            generation: UInt32(bigEndianBytes: bytes.span.bytes, at: 4) ?? 0)
    }

    mutating func putContinuity(_ continuity: Continuity) {
        put(
            .profile, ProfileTable.continuity,
            continuity.starts.bigEndianBytes + continuity.generation.bigEndianBytes)
    }

    /// A number that was put with `putNumber`, or 0.
    func number(_ table: Table, _ key: [UInt8]) -> UInt64 {
        var number: UInt64?
        _ = read(table, key) { number = UInt64(bigEndianBytes: $0) }
        return number ?? 0
    }

    @discardableResult
    mutating func putNumber(_ table: Table, _ key: [UInt8], _ number: UInt64) -> Ticket {
        put(table, key, number.bigEndianBytes)
    }
}
