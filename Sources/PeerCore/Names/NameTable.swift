import Basics
import Conversations
import Storage

/// What people call themselves, in the tables `profile` and `conversations`:
/// ```
///   profile         own name    this person's name, as `NameClaim` encodes it; missing where none was ever given
///   conversations   k ‖ peer    what the peer has said of themselves last, likewise
///   conversations   t ‖ peer    which of this person's names the peer is known to have: number u64 ‖ generation u32 of the peer
/// ```
enum NameTable {
    static let own = Array("own name".utf8)
    static let claims = [UInt8(ascii: "k")]
    static func claimKey(_ peer: PeerID) -> [UInt8] { claims + peer.bytes.array }
    static func toldKey(_ peer: PeerID) -> [UInt8] { [UInt8(ascii: "t")] + peer.bytes.array }
}

/// Which name a peer is known to have, in which generation of their data: who goes on from their keys alone has lost it.
struct ToldName: Hashable {
    let version: UInt64
    let generation: UInt32

    var encoded: [UInt8] { version.bigEndianBytes + generation.bigEndianBytes }

    init(version: UInt64, generation: UInt32) {
        self.version = version
        self.generation = generation
    }

    init?(_ bytes: [UInt8]) {
        guard let version = UInt64(bigEndianBytes: bytes.span.bytes, at: 0),
            let generation = UInt32(bigEndianBytes: bytes.span.bytes, at: 8)
        else { return nil }
        self.init(version: version, generation: generation)
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
    /// a newer name takes the place of another.
    mutating func putClaimedName(_ name: NameClaim, of peer: PeerID) {
        guard name.version > claimedName(of: peer)?.version ?? 0 else { return }
        put(.conversations, NameTable.claimKey(peer), name.encoded)
    }

    private func toldName(to peer: PeerID) -> ToldName? {
        value(.conversations, NameTable.toldKey(peer)).flatMap { ToldName($0) }
    }

    /// The name that is to go with the next message to a peer: nil where they are known to have it, and where there never was one.
    func nameToTell(_ peer: PeerID, in generation: UInt32) -> NameClaim? {
        guard let name = ownName() else { return nil }
        return toldName(to: peer) == ToldName(version: name.version, generation: generation) ? nil : name
    }

    /// A message has arrived that bore this name, sealed to this generation of the peer's data.
    mutating func nameWasTold(_ name: NameClaim, to peer: PeerID, in generation: UInt32) {
        let told = ToldName(version: name.version, generation: generation)
        if let known = toldName(to: peer), (known.generation, known.version) >= (told.generation, told.version) {
            return
        }
        put(.conversations, NameTable.toldKey(peer), told.encoded)
    }
}
