import Basics

/// The content of a file that holds a secret key: a comment for its reader, and the key in Bech32m (BIP 350), whose
/// prefix tells its kind and version and whose checksum detects damage.
///
///     # Roost profile key. Whoever has it is you: keep it secret, and keep a copy.
///     roost-profile-secret1…
///
/// Reading and writing the file is the service's affair.
public struct KeyFile: Sendable {
    /// Whose key it is. The raw value is the prefix of its text and never changes.
    public enum Kind: String, CaseIterable, Sendable {
        /// A node's X25519 static key.
        case node = "roost-node-secret"
        /// The seed of a person's Ed25519 key.
        case profile = "roost-profile-secret"
    }

    /// Why bytes are not the key file that was expected, as a sentence that a person can act on.
    public enum DecodingError: Error, Hashable, Sendable, CustomStringConvertible {
        /// It is something else, or of a newer version.
        case notAKeyFile
        /// It is a key of another kind.
        case wrongKind(expected: Kind, found: Kind)
        /// It was a key, but some of it is changed or missing.
        case damaged

        /// One plain sentence: what is wrong, and what to do.
        public var description: String {
            switch self {
            case .notAKeyFile: "This is not a key file that this version can read: restore it from a copy."
            case .wrongKind(let expected, let found):
                "This file holds a \(found.name) key instead of a \(expected.name) key: put the files in their places."
            case .damaged: "This key file is damaged, as its checksum doesn't fit: restore it from a copy."
            }
        }
    }

    public let kind: Kind
    public let secret: SecretKey

    public init(kind: Kind, secret: SecretKey) {
        self.kind = kind
        self.secret = secret
    }

    /// The file's bytes: ASCII text. They are as secret as the key, and nothing wipes them.
    public var bytes: [UInt8] {
        let key = Bech32m.encode(prefix: kind.rawValue, secret.exposedBytes.array)
        return Array("\(kind.comment)\n\(key)\n".utf8)
    }

    /// Reads a file's bytes: blank lines and lines that begin with `#` don't count, and one line must be a key.
    public init(_ bytes: [UInt8], expecting expected: Kind) throws(DecodingError) {
        guard bytes.count <= Limits.keyFileSize else { throw .notAKeyFile }
        let lines = KeyFile.lines(bytes)
        guard lines.count == 1, let line = lines.first,
            let found = Kind.allCases.first(where: { line.lowercased().hasPrefix($0.rawValue + "1") })
        else { throw .notAKeyFile }
        guard let decoded = try? Bech32m.decode(line), decoded.prefix == found.rawValue,
            let secret = SecretKey(decoded.bytes)
        else { throw .damaged }
        guard found == expected else { throw .wrongKind(expected: expected, found: found) }
        self.init(kind: found, secret: secret)
    }

    /// The lines that count, without blanks.
    static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.prefix(Limits.keyFileSize).split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            .map { String(decoding: $0, as: UTF8.self).filter { $0 != " " && $0 != "\t" } }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }
}

extension KeyFile.Kind {
    /// The kind in a sentence.
    var name: String {
        switch self {
        case .node: "node"
        case .profile: "profile"
        }
    }

    var comment: String {
        switch self {
        case .node: "# Roost node key. Whoever has it can pose as this node: keep it secret."
        case .profile: "# Roost profile key. Whoever has it is you: keep it secret, and keep a copy."
        }
    }
}
