import Basics

/// A number of sixty digits by which two people see that each of them has the other's true ID: it is the same on both sides,
/// and another as soon as one of the two IDs is another.
///
/// It is made like Signal's numeric fingerprint (version 2 of its algorithm), with BLAKE2b-512 in place of SHA-512. Thirty digits
/// are a side's, about 99 bits of the last of 5,200 hashes; each hash takes the one before and the ID. So whoever looks for
/// another ID with the same digits pays 5,200 hashes for each that they try, and neither side needs a list of words.
public struct SafetyNumber: Hashable, Sendable {
    /// The digits, in twelve groups of five.
    public let groups: [String]

    /// All sixty digits, without blanks.
    public var digits: String { groups.joined() }

    /// The number of two people, in whichever order they are named.
    public init(_ one: PeerID, _ other: PeerID) {
        let sides = [SafetyNumber.side(one), SafetyNumber.side(other)]
        groups = sides.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 }
    }

    /// How often a side is hashed: as often as Signal does.
    private static let rounds = 5_200
    private static let groupsOfSide = 6

    /// Six groups of five digits, each five bytes of the last hash, as a number modulo 100,000.
    private static func side(_ peer: PeerID) -> [String] {
        var digest = Digest512.zero
        for _ in 0..<rounds {
            var hash = Blake2b(byteCount: Digest512.byteCount)
            hash.update(Domain.safetyNumber)
            hash.update(digest)
            hash.update(peer.bytes)
            digest = hash.finish512()
        }
        let bytes = digest.array
        return (0..<groupsOfSide).map { group in
            let number = bytes[(5 * group)..<(5 * group + 5)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 100_000
            let text = String(number)
            return String(repeating: "0", count: 5 - text.count) + text
        }
    }
}
