import Basics
import CSodium

/// A profile's seed as 24 words that can be written on paper: the seed is the entropy of BIP 39, and the words have its
/// checksum. Nothing else of BIP 39 is used: wallets make another seed of such words, by PBKDF2, and so another key.
public enum RecoveryPhrase {
    /// Words of a phrase.
    public static let count = 24

    /// Why a text is no phrase.
    public enum ReadError: Error, Hashable, Sendable, CustomStringConvertible {
        /// There are more or fewer than 24 words.
        case count(Int)
        /// A word is not in the list; counted from 1. `meant`: the one of the list that begins with the same letters.
        case unknown(place: Int, meant: String?)
        /// All words are of the list, and they don't belong together.
        case checksum

        /// One plain sentence.
        public var description: String {
            switch self {
            case .count(let count):
                "A recovery phrase has 24 words, and this has \(count): look for one that is missing or twice."
            case .unknown(let place, let meant):
                "Word \(place) is not one of the list\(meant.map { ": did you mean “\($0)”?" } ?? "; look for a mistyped letter.")"
            case .checksum:
                "The words don't belong together, as their checksum is wrong: look for two that are exchanged, or one that is another."
            }
        }
    }

    /// The words of a seed.
    public static func words(of seed: SecretKey) -> [String] {
        let bytes = seed.exposedBytes.array
        let bits = (bytes + [checksum(bytes)]).flatMap { byte in (0..<8).map { byte >> (7 - UInt8($0)) & 1 } }
        return (0..<count).map { word in
            RecoveryWords.all[bits[(11 * word)..<(11 * word + 11)].reduce(0) { $0 << 1 | Int($1) }]
        }
    }

    /// The seed of a phrase: words between blanks, in small or large letters.
    public static func seed(_ text: String) throws(ReadError) -> SecretKey {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count == count else { throw .count(words.count) }
        var bits: [UInt8] = []
        for (index, word) in words.enumerated() {
            guard let number = RecoveryWords.numbers[word] else {
                throw .unknown(place: index + 1, meant: nearest(word))
            }
            bits += (0..<11).map { UInt8(number >> (10 - $0) & 1) }
        }
        let bytes = (0..<33).map { byte in bits[(8 * byte)..<(8 * byte + 8)].reduce(UInt8(0)) { $0 << 1 | $1 } }
        let entropy = Array(bytes[..<32])
        guard checksum(entropy) == bytes[32], let seed = SecretKey(entropy) else { throw .checksum }
        return seed
    }

    /// The one word of the list that begins with the same four letters, or the same three where it is the only one.
    private static func nearest(_ word: String) -> String? {
        for letters in [4, 3] where word.count >= letters {
            let found = RecoveryWords.all.filter { $0.hasPrefix(word.prefix(letters)) }
            if found.count == 1 { return found[0] }
        }
        return nil
    }

    /// The first byte of SHA-256: of 256 bits of entropy, the checksum has eight.
    private static func checksum(_ bytes: [UInt8]) -> UInt8 {
        Sodium.prepare()
        var hash = [UInt8](repeating: 0, count: 32)
        _ = crypto_hash_sha256(&hash, bytes, UInt64(bytes.count))
        return hash[0]
    }
}
