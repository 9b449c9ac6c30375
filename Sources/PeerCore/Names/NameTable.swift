import Basics
import Conversations
import Storage

/// What people call themselves, in the tables `profile` and `conversations`:
/// ```
///   profile         own name    this person's name, as `NameClaim` encodes it; missing where none was ever given
///   conversations   k ‖ peer    what the peer has said of themselves last, likewise
///   conversations   t ‖ peer    which of this person's names the peer is known to have: number u64 ‖ generation u32 of the peer ‖ day u32
/// ```
enum NameTable {
    static let own = Array("own name".utf8)
    static let claims = [UInt8(ascii: "k")]
    static func claimKey(_ peer: PeerID) -> [UInt8] { claims + peer.bytes.array }
    static func toldKey(_ peer: PeerID) -> [UInt8] { [UInt8(ascii: "t")] + peer.bytes.array }

    /// Seconds by which the clock of who gives a name may be ahead: clocks that are off by more are put right within a day.
    static let clockDifference: UInt64 = 86_400
    /// Days after which a peer is told again what they were told: a program that knew no names when it was told may know them by now.
    static let daysUntilToldAgain = 30
}

/// Which name a peer is known to have, in which generation of their data: who goes on from their keys alone has lost it.
struct ToldName: Hashable {
    let version: UInt64
    let generation: UInt32
    /// When they were told last.
    let day: Day

    var encoded: [UInt8] { version.bigEndianBytes + generation.bigEndianBytes + day.number.bigEndianBytes }

    init(version: UInt64, generation: UInt32, day: Day) {
        self.version = version
        self.generation = generation
        self.day = day
    }

    init?(_ bytes: [UInt8]) {
        guard let version = UInt64(bigEndianBytes: bytes.span.bytes, at: 0),
            let generation = UInt32(bigEndianBytes: bytes.span.bytes, at: 8)
        else { return nil }
        // Before 2026-11-30 there was no day.
        let day = UInt32(bigEndianBytes: bytes.span.bytes, at: 12) ?? 0
        self.init(version: version, generation: generation, day: Day(number: day))
    }
}

extension StoreView {
    /// What this person calls themselves; nil where they never said.
    func ownName() -> NameClaim? { value(.profile, NameTable.own).flatMap { NameClaim($0) } }

    mutating func putOwnName(_ name: NameClaim) { put(.profile, NameTable.own, name.encoded) }

    /// What a peer said last that they are called; nil where they never did.
    func claimedName(of peer: PeerID) -> NameClaim? {
        value(.conversations, NameTable.claimKey(peer)).flatMap { NameClaim($0) }
    }

    /// Writes down what a peer says of themselves, in the batch of the message that says it: messages may come in any order, so only
    /// a newer name takes the place of another. A number that no clock gives by now would do so for good, and isn't taken. Returns what
    /// is another now than it was said before.
    mutating func putClaimedName(_ name: NameClaim, of peer: PeerID, now: UnixTime) -> Renaming? {
        let before = claimedName(of: peer)
        guard name.version > before?.version ?? 0,
            name.version <= UInt64(clamping: now.seconds) + NameTable.clockDifference
        else { return nil }
        put(.conversations, NameTable.claimKey(peer), name.encoded)
        return before.flatMap { Renaming(from: $0.text, to: name.text) }
    }

    private func toldName(to peer: PeerID) -> ToldName? {
        value(.conversations, NameTable.toldKey(peer)).flatMap { ToldName($0) }
    }

    /// The name that is to go with the next message to a peer: nil where they were told lately, and where there never was one.
    func nameToTell(_ peer: PeerID, in generation: UInt32, today: Day) -> NameClaim? {
        guard let name = ownName() else { return nil }
        guard let told = toldName(to: peer), (told.version, told.generation) == (name.version, generation),
            today < told.day.advanced(by: NameTable.daysUntilToldAgain)
        else { return name }
        return nil
    }

    /// A message has arrived that bore this name, sealed to this generation of the peer's data.
    mutating func nameWasTold(_ name: NameClaim, to peer: PeerID, in generation: UInt32, today: Day) {
        let told = ToldName(version: name.version, generation: generation, day: today)
        if let known = toldName(to: peer),
            (known.generation, known.version, known.day) >= (told.generation, told.version, told.day)
        {
            return
        }
        put(.conversations, NameTable.toldKey(peer), told.encoded)
    }
}
