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

    /// The key files of a directory that are open although another is sealed: a change of the passphrase was cut short between them.
    /// ``changePassphrase(in:from:to:cost:)`` with the same passphrase goes on.
    public static func keysLeftOpen(in path: String) -> [String] { DataDirectory(path).keysLeftOpen() }

    func keysLeftOpen() -> [String] {
        var (open, isAnySealed): ([String], Bool) = ([], false)
        for kind in KeyFile.Kind.allCases {
            switch try? readKey(kind) {
            case .plain?: open.append(kind.fileName)
            case .sealed?: isAnySealed = true
            case nil: break
            }
        }
        return isAnySealed ? open : []
    }

    /// Seals the keys by `new`, or writes them openly where that is nil. `old`: what opens them now; nil where nothing does. A daemon
    /// may run meanwhile: it has read them.
    ///
    /// Nothing is changed unless all keys can be opened. Each file is replaced at once; a change that was interrupted between them
    /// goes on when it is repeated, as each key may be open, or sealed by either of the two passphrases.
    public static func changePassphrase(
        in path: String, from old: Passphrase?, to new: Passphrase?, cost: Passphrase.Cost = .start
    ) throws(ServiceError) {
        let directory = DataDirectory(path)
        try directory.removeDrafts()
        let passphrases = [old, new].compactMap { $0 }
        // A person's key is the worse one to be left open: it is sealed first, and opened last.
        let kinds: [KeyFile.Kind] = new == nil ? [.node, .profile] : [.profile, .node]
        var files: [(name: String, bytes: [UInt8])] = []
        for kind in kinds {
            guard let key = try directory.readKey(kind) else {
                throw ServiceError(
                    .keyUnusable,
                    "The key file \(directory.file(kind.fileName)) is missing: restore it from a backup first.")
            }
            try directory.requireOneName(kind)
            let file = KeyFile(kind: kind, secret: try directory.open(key, passphrases))
            files.append((kind.fileName, try DataDirectory.bytes(of: file, sealedBy: new, cost)))
        }
        for (index, file) in files.enumerated() {
            do throws(ServiceError) {
                try directory.write(file.bytes, to: file.name)
            } catch {
                guard index > 0 else { throw error }
                throw ServiceError(
                    error.code,
                    "\(files[0].name) is changed already and \(file.name) isn't, as it can't be written: make room or repair that, "
                        + "then repeat the same command.")
            }
        }
    }

    private static func bytes(
        of key: KeyFile, sealedBy passphrase: Passphrase?, _ cost: Passphrase.Cost
    ) throws(ServiceError) -> [UInt8] {
        guard let passphrase else { return key.bytes }
        var system = SystemRandomNumberGenerator()
        let seed = system.bytes(SealedKeyFile.seedSize)
        guard let sealed = SealedKeyFile(key, passphrase: passphrase, cost: cost, seed: seed) else {
            throw .outOfMemory(kibibytes: cost.kibibytes)
        }
        return sealed.bytes
    }

    /// Under another name of the same file the key would stay as it was: perhaps open.
    private func requireOneName(_ kind: KeyFile.Kind) throws(ServiceError) {
        let path = file(kind.fileName)
        let names = try attempt { () throws(SystemCalls.Failure) in try SystemCalls.names(ofFile: path) }
        guard names == 1 else {
            throw ServiceError(
                .fileUnusable,
                "\(path) has another name on this disk, which would keep the key as it is: remove that, which `find / -samefile "
                    + "\(path)` shows, then repeat the same command.")
        }
    }

    // MARK: Opening

    /// The secret of a key, by the first of the passphrases that opens it where it is sealed.
    func open(_ key: KeyAtRest, _ passphrases: [Passphrase]) throws(ServiceError) -> SecretKey {
        switch key {
        case .plain(let file): return file.secret
        case .sealed(let file):
            guard !passphrases.isEmpty else {
                throw ServiceError(
                    .passphraseMissing,
                    "The keys in \(path) are sealed by a passphrase: give it in $ROOST_PASSPHRASE or by --passphrase-file."
                )
            }
            for passphrase in passphrases {
                switch file.opened(by: passphrase) {
                case .opened(let file): return file.secret
                case .wrongPassphrase: continue
                case .memory(let kibibytes): throw .outOfMemory(kibibytes: kibibytes)
                }
            }
            throw refusal(of: passphrases)
        }
    }

    /// Why these passphrases don't open all keys: none of them is the right one, or a change was cut short, and then how that stands.
    private func refusal(of passphrases: [Passphrase]) -> ServiceError {
        var (open, opened, refused): ([String], [String], [String]) = ([], [], [])
        for kind in KeyFile.Kind.allCases {
            switch try? readKey(kind) {
            case .plain?: open.append(kind.fileName)
            case .sealed(let file)?:
                let isOpened = passphrases.contains { passphrase in
                    if case .opened = file.opened(by: passphrase) { return true }
                    return false
                }
                if isOpened { opened.append(kind.fileName) } else { refused.append(kind.fileName) }
            case nil: break
            }
        }
        let (first, second) = (refused.joined(separator: " and "), (open + opened).joined(separator: " and "))
        if !opened.isEmpty {
            return ServiceError(
                .passphraseWrong,
                "A change of the passphrase was cut short, and in \(path) this one opens \(second) but not \(first): repeat "
                    + "`roost passphrase` with both, the old one in $ROOST_PASSPHRASE and the new one by --new-passphrase-file."
            )
        }
        if !open.isEmpty {
            return ServiceError(
                .passphraseWrong,
                "The passphrase is not the one by which \(first) in \(path) is sealed, and \(second) is open, as `roost passphrase` "
                    + "was cut short: repeat that with the passphrase that was given then.")
        }
        return ServiceError(
            .passphraseWrong, "The passphrase is not the one by which the keys in \(path) are sealed: try again.")
    }
}
