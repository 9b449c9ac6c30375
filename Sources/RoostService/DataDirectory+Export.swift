import Basics
import Cryptography
import LMDBStore
import PeerCore
import Storage

/// Taking a person elsewhere, in one file that a passphrase seals.
extension DataDirectory {
    /// What an export holds.
    public struct ExportReport: Hashable, Sendable {
        public let peerID: PeerID
        public let counts: ArchiveCounts
        /// Values of the store that were damaged, and are not in the file.
        public let damaged: Int
        /// The file's size.
        public let bytes: Int
    }

    /// The recovery phrase: the 24 words of the profile's seed.
    public static func recoveryPhrase(
        of path: String, keyPassphrase: Passphrase? = nil
    ) throws(ServiceError) -> [String] {
        RecoveryPhrase.words(of: try DataDirectory(path).existingProfile(keyPassphrase).seed)
    }

    /// Writes the profile key, the address book and the history of a directory to a file, sealed by a passphrase. A daemon may
    /// run on the directory, in another process. `names` is the address book; `keyPassphrase` opens the keys where they are sealed.
    ///
    /// The file appears when it is whole and on disk. One that is there already is replaced only with `replacing`.
    public static func export(
        _ path: String, names: [ArchivedName], to file: String, replacing: Bool, sealedBy passphrase: Passphrase,
        keyPassphrase: Passphrase? = nil, cost: Passphrase.Cost = .export
    ) throws(ServiceError) -> ExportReport {
        let directory = DataDirectory(path)
        guard !directory.owns(file) else {
            throw ServiceError(
                .fileUnusable, "\(file) belongs to the data directory \(directory.path) itself: name a file elsewhere.")
        }
        let profile = try directory.existingProfile(keyPassphrase)
        var system = SystemRandomNumberGenerator()
        guard
            let sealer = SealedFile.Writer(passphrase: passphrase, cost: cost, seed: system.bytes(SealedFile.seedSize))
        else { throw .outOfMemory(kibibytes: cost.kibibytes) }
        let output = OutputFile(file)
        let draft = try output.begin(replacing: replacing)
        var bytes = sealer.head.count
        try output.append(sealer.head, to: draft)
        var failure: ServiceError?
        let (counts, damaged) = try directory.withStoreForReading { store in
            var writer = ArchiveWriter(profile: profile, names: names, store: store)
            writer.write { record in
                let sealed = sealer.append(record)
                bytes += sealed.count
                do throws(ServiceError) {
                    try output.append(sealed, to: draft)
                } catch {
                    failure = error
                }
                return failure == nil
            }
            return writer.counts
        }
        if let failure { throw failure }
        let last = sealer.finish()
        try output.append(last, to: draft)
        try output.finish(draft, replacing: replacing)
        return ExportReport(peerID: profile.peerID, counts: counts, damaged: damaged, bytes: bytes + last.count)
    }

    private func existingProfile(_ passphrase: Passphrase?) throws(ServiceError) -> ProfileKey {
        guard let profile = try profileKey(openedBy: passphrase) else {
            throw ServiceError(.keyUnusable, "There is no profile key in \(path): check --data and $ROOST_DATA.")
        }
        return profile
    }

    /// Reads the store as it is at one moment: by itself where no daemon runs, after all of it was checked; otherwise beside the
    /// daemon, which has checked it. Where there has never been one, an empty one. Returns also how many values were damaged.
    private func withStoreForReading<Result>(
        _ body: (any StoreReader) -> Result
    ) throws(ServiceError) -> (Result, damaged: Int) {
        let isThere = try attempt { () throws(SystemCalls.Failure) in try SystemCalls.status(storePath) } != nil
        let isComplete = try isComplete()
        guard isThere || isComplete else { return (body(MemoryStore()), 0) }
        let lock: DirectoryLock?
        do throws(ServiceError) { lock = try self.lock() } catch {
            guard error.code == .alreadyRunning else { throw error }
            lock = nil
        }
        defer { withExtendedLifetime(lock) {} }
        guard lock == nil else {
            let store = try openStore()
            let known = store.health.damagedReads
            let result = body(store)
            return (result, max(0, store.health.damagedReads - known))
        }
        let snapshot: StoreSnapshot
        do throws(LMDBStoreError) { snapshot = try StoreSnapshot(directory: storePath) } catch { throw explain(error) }
        let result = body(snapshot)
        return (result, snapshot.damagedReads)
    }
}

/// A file that a person has named, to be written whole or not at all.
struct OutputFile {
    private let path: String
    /// Where it lies, behind links: those stay.
    private let target: String

    init(_ path: String) {
        self.path = path
        target = SystemCalls.target(of: path)
    }

    func begin(replacing: Bool) throws(ServiceError) -> SystemCalls.Draft {
        let kind: SystemCalls.FileKind?
        do throws(SystemCalls.Failure) { kind = try SystemCalls.status(path)?.kind } catch { throw explain(error) }
        if let kind, !replacing || kind != .file { throw taken(kind) }
        // A link may lead to a file of ours that was to stay, and a file would stay theirs.
        guard !SystemCalls.isLaidByOthers(path) else {
            throw ServiceError(
                .fileUnusable,
                "\(path) was put there by another user, in a directory that is open to all: name another file.")
        }
        guard kind != nil || !SystemCalls.isLink(path) else {
            throw ServiceError(.fileUnusable, "\(path) is a link that leads nowhere: name a file.")
        }
        do throws(SystemCalls.Failure) { return try SystemCalls.Draft(beside: target) } catch { throw explain(error) }
    }

    func append(_ bytes: [UInt8], to draft: SystemCalls.Draft) throws(ServiceError) {
        do throws(SystemCalls.Failure) { try draft.append(bytes) } catch { throw explain(error) }
    }

    func finish(_ draft: SystemCalls.Draft, replacing: Bool) throws(ServiceError) {
        do throws(SystemCalls.Failure) {
            try draft.finish(in: SystemCalls.parent(of: target), replacing: replacing)
        } catch {
            throw explain(error)
        }
    }

    private func explain(_ failure: SystemCalls.Failure) -> ServiceError {
        if failure.isFull {
            return ServiceError(.diskFull, "The disk of \(path) is full: free some space, or name another file.")
        }
        if failure.exists { return taken(.file) }
        return ServiceError(.fileUnusable, "\(path) can't be written (\(failure.reason)): name another file.")
    }

    private func taken(_ kind: SystemCalls.FileKind) -> ServiceError {
        kind == .file
            ? ServiceError(
                .fileUnusable, "\(path) is there already: name another file, or overwrite it with --replace.")
            : ServiceError(.fileUnusable, "\(path) is no file: name a file.")
    }
}
