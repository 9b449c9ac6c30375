import Basics
import Cryptography

extension DataDirectory {
    /// The names of key files that aren't there.
    func missingKeys() -> [String] {
        ["node.key", "profile.key"].filter { name in
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
            Identity(peerID: profile.peerID, nodeID: CipherSuite.sodium.publicKey(of: node).nodeID)
        }
    }

    /// Reads the keys, and makes those that don't exist yet.
    func keys() throws(ServiceError) -> Keys {
        // Checked before looking for the key files: another process may be making them, and the format is stated last.
        let makes = try !isComplete()
        return Keys(
            node: try key(.node, "node.key", makes: makes),
            profile: ProfileKey(seed: try key(.profile, "profile.key", makes: makes)))
    }

    private func key(_ kind: KeyFile.Kind, _ name: String, makes: Bool) throws(ServiceError) -> SecretKey {
        let path = file(name)
        if let key = try readKey(kind, path) { return key }
        guard makes else {
            throw ServiceError(
                .keyUnusable,
                """
                The key file \(path) is missing: restore it from a backup; without it you are somebody else, and for that \
                another data directory is better.
                """)
        }
        var system = SystemRandomNumberGenerator()
        let key = SecretKey(system.bytes32())
        do throws(SystemCalls.Failure) {
            try SystemCalls.createDurably(path, in: self.path, KeyFile(kind: kind, secret: key).bytes)
            return key
        } catch {
            // Another process made the key at the same time: that key counts.
            if error.exists, let other = try readKey(kind, path) { return other }
            throw unwritable(name, error)
        }
    }

    /// The key in a file, or nil where there is no file.
    private func readKey(_ kind: KeyFile.Kind, _ path: String) throws(ServiceError) -> SecretKey? {
        let bytes: [UInt8]
        do throws(SystemCalls.Failure) {
            guard let status = try SystemCalls.status(path) else { return nil }
            if status.mode & 0o077 != 0 { try SystemCalls.setMode(path, 0o600) }
            bytes = try SystemCalls.read(path, limit: Limits.keyFileSize + 1)
        } catch {
            throw ServiceError(.keyUnusable, "The key file \(path) can't be read (\(error.reason)).")
        }
        do throws(KeyFile.DecodingError) {
            return try KeyFile(bytes, expecting: kind).secret
        } catch {
            throw ServiceError(.keyUnusable, "\(path): \(error)")
        }
    }
}

extension SystemRandomNumberGenerator {
    /// Thirty-two bytes from the operating system: the only randomness that isn't derived from a seed.
    mutating func bytes32() -> Bytes32 { Bytes32(words: (next(), next(), next(), next())) }
}
