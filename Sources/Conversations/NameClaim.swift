import Basics
import Cryptography
import Wire

/// What somebody calls themselves. It proves nothing: anybody may say anything, and two people may say the same.
public struct NameClaim: Hashable, Sendable {
    /// The name; empty where they have none any more.
    public let text: String
    /// Of two claims of one person the one with the higher number counts. It is the time in seconds at which the name was given, or
    /// one more than the last number where that is higher; 1 or more.
    public let version: UInt64

    /// Nil where the text can't be such a name.
    public init?(_ text: String, version: UInt64) {
        guard version > 0, NameClaim.objection(to: text) == nil else { return nil }
        self.text = text
        self.version = version
    }

    /// Why a text can't be a name of one's own, in a sentence; nil where it can. An empty one takes the name back.
    public static func objection(to text: String) -> String? {
        guard text.utf8.count <= Limits.claimedNameSize else {
            return "A name has at most \(Limits.claimedNameSize) bytes: choose a shorter one."
        }
        if let unseen = SeenText.firstUnseen(in: text) {
            return
                "A name may have only visible characters, and \(SeenText.code(of: unseen)) isn't one: type it without."
        }
        let words = text.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
        let isSpaced = words.allSatisfy { !$0.isEmpty && !$0.contains(where: \.properties.isWhitespace) }
        guard text.isEmpty || isSpaced else {
            return "Put one space between the words of a name, and none before or after it."
        }
        return nil
    }

    /// As it stands in a message and in a store: the number (u64), and the text in UTF-8.
    public var encoded: [UInt8] { version.bigEndianBytes + Array(text.utf8) }

    /// Reads what `encoded` writes; nil where it is none. A message with a name that can't be one is a message without a name: its text
    /// isn't to be lost for that.
    public init?(_ bytes: [UInt8]) {
        guard let version = UInt64(bigEndianBytes: bytes.span.bytes, at: 0),
            bytes.count <= NameClaim.largest, let text = String(validating: bytes.dropFirst(8), as: UTF8.self)
        else { return nil }
        self.init(text, version: version)
    }

    /// Bytes of the largest.
    private static let largest = 8 + Limits.claimedNameSize
}
