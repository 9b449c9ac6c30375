import Basics
import Cryptography

@_exported import struct Cryptography.Passphrase

/// The passphrase by which the keys of a directory are sealed.
extension DataDirectory {
    /// Whether any key of a directory is sealed, so that a start needs the passphrase. What can't be read isn't: the start says why.
    public static func areKeysSealed(in path: String) -> Bool {
        let directory = DataDirectory(path)
        return KeyFile.Kind.allCases.contains { kind in
            if case .sealed? = try? directory.readKey(kind) { return true }
            return false
        }
    }

    /// Seals the keys by `new`, or writes them openly where that is nil. `old`: what opens them now; nil where nothing does. A daemon
    /// may run meanwhile: it has read them.
    ///
    /// Nothing is changed unless all keys can be opened. Each file is replaced at once; a change that was interrupted between them
    /// goes on when it is repeated, as each key may be sealed by either of the two passphrases.
    public static func changePassphrase(
        in path: String, from old: Passphrase?, to new: Passphrase?, cost: Passphrase.Cost = .start
    ) throws(ServiceError) {
        let directory = DataDirectory(path)
        var keys: [KeyFile] = []
        for kind in KeyFile.Kind.allCases {
            guard let key = try directory.readKey(kind) else {
                throw ServiceError(
                    .keyUnusable,
                    "The key file \(directory.file(kind.fileName)) is missing: restore it from a backup first.")
            }
            keys.append(KeyFile(kind: kind, secret: try directory.open(key, old, or: new)))
        }
        try directory.removeKeyDrafts()
        for key in keys {
            let bytes: [UInt8]
            if let new {
                var system = SystemRandomNumberGenerator()
                let sealed = SealedKeyFile(key, passphrase: new, cost: cost, seed: system.bytes(SealedKeyFile.seedSize))
                guard let sealed else { throw .outOfMemory(kibibytes: cost.kibibytes) }
                bytes = sealed.bytes
            } else {
                bytes = key.bytes
            }
            do throws(SystemCalls.Failure) {
                try SystemCalls.replaceDurably(directory.file(key.kind.fileName), in: directory.path, bytes)
            } catch {
                throw directory.unwritable(key.kind.fileName, error)
            }
        }
    }

    private func open(_ key: KeyAtRest, _ old: Passphrase?, or new: Passphrase?) throws(ServiceError) -> SecretKey {
        do throws(ServiceError) {
            return try open(key, old ?? new)
        } catch {
            guard error.code == .passphraseWrong, old != nil, let new, let secret = try? open(key, new) else {
                throw error
            }
            return secret
        }
    }
}
