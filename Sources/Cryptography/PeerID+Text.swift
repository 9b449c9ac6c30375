import Basics

/// Why a text is not a peer ID, as a sentence that a person can act on.
public enum PeerIDTextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It doesn't begin with `roost1`.
    case notAPeerID
    /// Some of it is missing, or there is too much.
    case length(Int)
    /// A character that no peer ID has.
    case character(Character)
    /// Upper and lower case together.
    case mixedCase
    /// The checksum doesn't fit.
    case mistyped
    /// It is well written, but no key.
    case invalidKey

    /// One plain sentence: what is wrong, and what to do.
    public var description: String {
        switch self {
        case .notAPeerID: "This is not a peer ID: one begins with roost1; ask its owner for what `roost id` prints."
        case .length(let count):
            "This peer ID has \(count) characters instead of \(PeerID.textLength): copy all of it, and nothing else."
        case .character(let character): "A peer ID can't contain the character “\(character)”: copy it again."
        case .mixedCase: "This peer ID mixes upper and lower case: copy it again."
        case .mistyped: "This peer ID is mistyped, as its checksum doesn't fit: copy it again."
        case .invalidKey: "This peer ID is well written but is not a valid key: ask its owner for it again."
        }
    }
}

extension PeerID {
    /// The readable prefix of the text.
    private static let textPrefix = "roost"
    /// Characters in the text: prefix, `1`, 256 bits at five a character, and the checksum.
    public static let textLength = 5 + 1 + 52 + 6

    /// The peer ID as people exchange it: Bech32m (BIP 350), `roost1…`, 64 characters.
    public var text: String { Bech32m.encode(prefix: PeerID.textPrefix, bytes.array) }

    /// Reads what `text` gives, in lower or upper case, and makes sure that it is a valid key.
    public init(text: String, suite: CipherSuite = .sodium) throws(PeerIDTextError) {
        try self.init(unproven: text)
        guard isValid(suite) else { throw .invalidKey }
    }

    /// The same, but doesn't check that it is a valid key, which costs a multiplication on the curve: that is left to
    /// the caller.
    public init(unproven text: String) throws(PeerIDTextError) {
        guard text.lowercased().hasPrefix(PeerID.textPrefix + "1") else { throw .notAPeerID }
        guard text.count == PeerID.textLength else { throw .length(text.count) }
        let decoded: (prefix: String, bytes: [UInt8])
        do {
            decoded = try Bech32m.decode(text)
        } catch {
            switch error {
            case .character(let character): throw .character(character)
            case .mixedCase: throw .mixedCase
            case .noSeparator, .length, .checksum, .padding: throw .mistyped
            }
        }
        guard decoded.prefix == PeerID.textPrefix, let bytes = Bytes32(decoded.bytes) else { throw .mistyped }
        self.init(bytes)
    }
}
