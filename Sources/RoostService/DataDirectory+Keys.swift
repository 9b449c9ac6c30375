import Basics
import Cryptography

extension DataDirectory {
    /// The names of the key files.
    static let keyFiles = KeyFile.Kind.allCases.map(\.fileName)

    /// The names of key files that aren't there.
    func missingKeys() -> [String] {
        DataDirectory.keyFiles.filter { name in
            do throws(SystemCalls.Failure) {
                return try SystemCalls.status(file(name)) == nil
            } catch {
                return false
            }
        }
    }

    /// The keys of a directory.
    struct Keys: Sendable {
        /// X25519: the node's.
        let node: SecretKey
        /// Ed25519: the person's.
        let profile: ProfileKey

        var identity: Identity {
            let key = CipherSuite.sodium.publicKey(of: node)
            return Identity(peerID: profile.peerID, nodeID: key.nodeID, nodeKey: key)
        }
    }

    /// Reads the keys, and makes those that don't exist yet. `passphrase`: what opens them, where they are sealed.
    func keys(openedBy passphrase: Passphrase? = nil) throws(ServiceError) -> Keys {
        // Checked before looking for the key files: another process may be making them, and the format is stated last.
        let makes = try !isComplete()
        let (node, profile) = (try key(.node, makes: makes), try key(.profile, makes: makes))
        let passphrases = [passphrase].compactMap { $0 }
        return Keys(
            node: try open(node, passphrases), profile: ProfileKey(seed: try open(profile, passphrases)))
    }

    /// The person's key alone; nil where there is none. Makes none.
    func profileKey(openedBy passphrase: Passphrase?) throws(ServiceError) -> ProfileKey? {
        guard let key = try readKey(.profile) else { return nil }
        return ProfileKey(seed: try open(key, [passphrase].compactMap { $0 }))
    }

    /// Whose the keys are, sealed or not. Makes those that don't exist yet.
    func identity() throws(ServiceError) -> Identity {
        let makes = try !isComplete()
        let (node, profile) = (try key(.node, makes: makes), try key(.profile, makes: makes))
        let nodeKey = PublicKey(node.publicHalf)
        return Identity(peerID: PeerID(profile.publicHalf), nodeID: nodeKey.nodeID, nodeKey: nodeKey)
    }

    /// A key as its file has it.
    enum KeyAtRest {
        case plain(KeyFile)
        case sealed(SealedKeyFile)

        var publicHalf: Bytes32 {
            switch self {
            case .plain(let file): file.publicHalf
            case .sealed(let file): file.publicHalf
            }
        }
    }

    private func key(_ kind: KeyFile.Kind, makes: Bool) throws(ServiceError) -> KeyAtRest {
        if let key = try readKey(kind) { return key }
        let path = file(kind.fileName)
        guard makes else {
            throw ServiceError(.keyUnusable, "The key file \(path) is missing: \(missingKeyRemedy(kind.fileName)).")
        }
        var system = SystemRandomNumberGenerator()
        return try create(KeyFile(kind: kind, secret: SecretKey(system.bytes32())))
    }

    /// What to do about a key file that is missing, as the end of a sentence.
    func missingKeyRemedy(_ name: String) -> String {
        guard name == KeyFile.Kind.node.fileName, missingKeys() == [name] else {
            return
                "restore it from a backup; without it you are somebody else, and for that another data directory is better"
        }
        return "restore it from a backup, or remove \(file(.format)), and the next start makes another; you stay the "
            + "same person with all of your mail, and only the node has another ID then"
    }

    /// Writes a key that isn't there yet.
    @discardableResult
    func create(_ key: KeyFile) throws(ServiceError) -> KeyAtRest {
        do throws(SystemCalls.Failure) {
            try SystemCalls.createDurably(file(key.kind.fileName), in: path, key.bytes)
            return .plain(key)
        } catch {
            // Another process made the key at the same time: that key counts.
            if error.exists, let other = try readKey(key.kind) { return other }
            throw unwritable(key.kind.fileName, error)
        }
    }

    /// The key in a file, or nil where there is no file.
    func readKey(_ kind: KeyFile.Kind) throws(ServiceError) -> KeyAtRest? {
        let path = file(kind.fileName)
        let bytes: [UInt8]
        do throws(SystemCalls.Failure) {
            guard let status = try SystemCalls.status(path) else { return nil }
            if status.mode & 0o077 != 0 { try SystemCalls.setMode(path, 0o600) }
            bytes = try SystemCalls.read(path, limit: Limits.keyFileSize + 1)
        } catch {
            throw ServiceError(
                .keyUnusable,
                "The key file \(path) can't be read (\(error.reason)): repair its permissions, or restore it from a backup."
            )
        }
        do throws(KeyFile.DecodingError) {
            guard SealedKeyFile.isMeant(by: bytes) else { return .plain(try KeyFile(bytes, expecting: kind)) }
            return .sealed(try SealedKeyFile(bytes, expecting: kind))
        } catch {
            throw ServiceError(.keyUnusable, "\(path): \(error)")
        }
    }
}

extension KeyFile.Kind {
    /// The name of the file in a data directory.
    var fileName: String {
        switch self {
        case .node: OwnFile.nodeKey.rawValue
        case .profile: OwnFile.profileKey.rawValue
        }
    }
}

extension ServiceError {
    static func outOfMemory(kibibytes: UInt32) -> ServiceError {
        ServiceError(
            .outOfMemory,
            "There isn't the memory that this passphrase takes, \(kibibytes >> 10) MiB: end something else.")
    }
}

extension SystemRandomNumberGenerator {
    /// Thirty-two bytes from the operating system: the only randomness that isn't derived from a seed.
    mutating func bytes32() -> Bytes32 { Bytes32(words: (next(), next(), next(), next())) }

    /// So many bytes of the same.
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
