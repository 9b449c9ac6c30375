import Basics

/// The content of a key file that is sealed by a passphrase: ASCII text, like that of a `KeyFile`.
///
///     # Roost profile key, sealed by a passphrase: …
///     roost-profile-sealed-1
///     (264 hexadecimal digits)
///
/// ```
///  0       8           24           48               80                     128            132
/// +-------+-----------+------------+----------------+----------------------+--------------+
/// | cost  | salt (16) | nonce (24) | public half    | secret (32) and tag, | checksum (4) |
/// | (8)   |           |            | (32)           | XChaCha20-Poly1305   |              |
/// +-------+-----------+------------+----------------+----------------------+--------------+
///   key      = Argon2id(passphrase, salt, cost)
///   the tag authenticates "roost sealed key" ‖ the second line ‖ bytes 0 to 79
///   checksum = the first four bytes of BLAKE2b-256(bytes 0 to 127)
/// ```
/// The public half is in the clear, so that a peer ID can be shown without the passphrase. It proves nothing before the file
/// was opened. By the checksum a damaged file is told from a wrong passphrase.
public struct SealedKeyFile: Sendable {
    public let kind: KeyFile.Kind
    /// The peer ID of a profile key, the X25519 public key of a node key.
    public let publicHalf: Bytes32
    private let body: [UInt8]

    /// Bytes that have to be drawn to seal a key: its salt and nonce.
    public static let seedSize = 40
    private static let publicPlace = 48..<80

    /// Seals a key. `seed` must be `seedSize` random bytes. Nil where there isn't the memory for the passphrase.
    public init?(_ file: KeyFile, passphrase: Passphrase, cost: Passphrase.Cost = .start, seed: [UInt8]) {
        guard seed.count == SealedKeyFile.seedSize,
            let key = passphrase.key(salt: Array(seed[..<Passphrase.saltSize]), cost: cost)
        else { return nil }
        kind = file.kind
        publicHalf = file.publicHalf
        let start = cost.bytes + seed + publicHalf.array
        let sealed = XChaChaPoly.seal(
            file.secret.exposedBytes.array, nonce: Array(seed[Passphrase.saltSize...]), key: key,
            authenticating: SealedKeyFile.associated(file.kind, start))
        body = start + sealed
    }

    private static func associated(_ kind: KeyFile.Kind, _ start: [UInt8]) -> [UInt8] {
        Domain.sealedKey.bytes + Array(kind.sealedMark.utf8) + start
    }

    /// Whether bytes are meant as a sealed key, of whatever version.
    public static func isMeant(by bytes: [UInt8]) -> Bool {
        guard let line = KeyFile.lines(bytes).first else { return false }
        return KeyFile.Kind.allCases.contains { line.hasPrefix($0.sealedPrefix) }
    }

    /// Reads a file's bytes.
    public init(_ bytes: [UInt8], expecting expected: KeyFile.Kind) throws(KeyFile.DecodingError) {
        let lines = KeyFile.lines(bytes)
        guard bytes.count <= Limits.keyFileSize, lines.count == 2,
            let kind = KeyFile.Kind.allCases.first(where: { lines[0] == $0.sealedMark })
        else { throw .notAKeyFile }
        guard let body = Hexadecimal.decode(lines[1]), body.count == 132,
            Blake2b.hash256(Array(body[..<128])).array.prefix(4).elementsEqual(body[128...]),
            let publicHalf = Bytes32(Array(body[SealedKeyFile.publicPlace]))
        else { throw .damaged }
        guard kind == expected else { throw .wrongKind(expected: expected, found: kind) }
        self.kind = kind
        self.publicHalf = publicHalf
        self.body = Array(body[..<128])
    }

    /// The file's bytes.
    public var bytes: [UInt8] {
        let checksum = Blake2b.hash256(body).array[..<4]
        return Array("\(kind.sealedComment)\n\(kind.sealedMark)\n\(Hexadecimal.encode(body + checksum))\n".utf8)
    }

    /// What came of a passphrase.
    public enum Opening {
        case opened(KeyFile)
        case wrongPassphrase
        /// There isn't the memory that the passphrase takes, in KiB.
        case memory(kibibytes: UInt32)
    }

    /// Opens the file.
    public func opened(by passphrase: Passphrase) -> Opening {
        guard let cost = Passphrase.Cost(body.span.bytes, at: 0), cost.isAcceptable else { return .wrongPassphrase }
        guard let key = passphrase.key(salt: Array(body[8..<24]), cost: cost) else {
            return .memory(kibibytes: cost.kibibytes)
        }
        let secret = XChaChaPoly.open(
            Array(body[80...]), nonce: Array(body[24..<48]), key: key,
            authenticating: SealedKeyFile.associated(kind, Array(body[..<80]))
        ).flatMap { SecretKey($0) }
        guard let file = secret.map({ KeyFile(kind: kind, secret: $0) }), file.publicHalf == publicHalf else {
            return .wrongPassphrase
        }
        return .opened(file)
    }
}

extension KeyFile {
    /// The public half: a peer ID, or a node's X25519 public key.
    public var publicHalf: Bytes32 {
        switch kind {
        case .profile: ProfileKey(seed: secret).peerID.bytes
        case .node: CipherSuite.sodium.publicKey(of: secret).bytes
        }
    }
}

extension KeyFile.Kind {
    /// What the line that says what it is begins with, in every version.
    fileprivate var sealedPrefix: String { "roost-\(name)-sealed-" }
    /// The line that says what it is, and in which version. It never changes.
    fileprivate var sealedMark: String { sealedPrefix + "1" }
    fileprivate var sealedComment: String {
        switch self {
        case .node: "# Roost node key, sealed by a passphrase. Keep both secret."
        case .profile: "# Roost profile key, sealed by a passphrase. Whoever has both is you: keep a copy of both."
        }
    }
}
