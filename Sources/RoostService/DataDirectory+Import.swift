import Basics
import Cryptography
import LMDBStore
import PeerCore
import Storage

/// Going on from an export, or from a recovery phrase, in a new directory.
extension DataDirectory {
    /// What was imported.
    public struct ImportReport: Hashable, Sendable {
        public let identity: Identity
        public let counts: ArchiveCounts
        /// Things of a kind that only later versions know, which were left out.
        public let unknown: Int
    }

    /// Makes a data directory of an export. `writeNames` writes the address book.
    ///
    /// All of the file is read and checked before anything is made. Keys, names and history then appear in the directory; the
    /// node gets a new key of its own. Until all of it is there the file `importing` says so: nothing else uses such a directory,
    /// and another import begins anew in it.
    public static func makeDirectory(
        at path: String, ofExport file: String, openedBy passphrase: Passphrase,
        writeNames: ([ArchivedName]) throws(ServiceError) -> Void
    ) throws(ServiceError) -> ImportReport {
        let directory = DataDirectory(path)
        if try !directory.isHalfImported() { try directory.requireNew() }
        guard !directory.owns(file) else {
            throw ServiceError(
                .fileUnusable,
                "\(file) has the name of a part of the data directory \(directory.path): move it elsewhere first.")
        }
        let export = try ExportFile(file, passphrase)
        _ = try export.read { _ throws(ServiceError) in }
        try directory.prepare()
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }
        try directory.beginImport()
        let archive = try directory.fillStoreDraft { writes throws(ServiceError) in
            try export.read(writes)
        }
        guard let seed = archive.profile else { throw ExportFile.invalid(file) }
        try directory.create(KeyFile(kind: .profile, secret: seed))
        var system = SystemRandomNumberGenerator()
        try directory.create(KeyFile(kind: .node, secret: SecretKey(system.bytes32())))
        try writeNames(archive.names)
        try directory.adoptStoreDraft()
        try directory.markComplete()
        try directory.endImport()
        return ImportReport(
            identity: try directory.identity(), counts: archive.counts, unknown: archive.unknown)
    }

    /// Makes a data directory of a recovery phrase: keys only.
    public static func makeDirectory(
        at path: String, ofPhrase phrase: String
    ) throws(ServiceError) -> Identity {
        let seed: SecretKey
        do throws(RecoveryPhrase.ReadError) {
            seed = try RecoveryPhrase.seed(phrase)
        } catch {
            throw ServiceError(.fileInvalid, error.description)
        }
        let directory = DataDirectory(path)
        try directory.requireNew()
        try directory.prepare()
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }
        try directory.requireNew()
        try directory.create(KeyFile(kind: .profile, secret: seed))
        return try directory.identity()
    }

    // MARK: An import that was cut short

    /// Whether an import into this directory has begun and not ended.
    func isHalfImported() throws(ServiceError) -> Bool {
        let found = try attempt { () throws(SystemCalls.Failure) in try SystemCalls.status(file(.importing)) }
        return found != nil
    }

    /// Removes what an import that was cut short has left, and marks that one has begun.
    private func beginImport() throws(ServiceError) {
        if try !isHalfImported() { try requireNew() }
        do throws(SystemCalls.Failure) {
            try SystemCalls.replaceDurably(file(.importing), [])
            for name in try SystemCalls.names(in: path) where DataDirectory.isRemovedByImport(name) {
                if name == OwnFile.store.rawValue {
                    for part in try SystemCalls.names(in: storePath) { try SystemCalls.remove("\(storePath)/\(part)") }
                    try SystemCalls.removeDirectory(storePath)
                } else {
                    try SystemCalls.remove(file(name))
                }
            }
        } catch {
            throw unwritable(OwnFile.importing.rawValue, error)
        }
    }

    private func endImport() throws(ServiceError) {
        do throws(SystemCalls.Failure) {
            try SystemCalls.remove(file(.importing))
            try SystemCalls.sync(path)
        } catch {
            throw unwritable(OwnFile.importing.rawValue, error)
        }
    }

    /// Whether a name is that of something of the person whose import was cut short, or that was there before. Browsers that are signed
    /// in and the API token would let in whoever had them.
    private static func isRemovedByImport(_ name: String) -> Bool {
        OwnFile(rawValue: name)?.isPersons == true || isLeftover(name)
    }

    /// Throws where anybody's data are: nothing of theirs may be mixed with what is imported.
    private func requireNew() throws(ServiceError) {
        for own in OwnFile.allCases where own.isPersons {
            let found = try attempt { () throws(SystemCalls.Failure) in try SystemCalls.status(file(own)) }
            guard found == nil else {
                throw ServiceError(
                    .dataDirectoryUnusable,
                    "There is data in \(path) already, such as \(own.rawValue): import into a new directory, with --data DIR."
                )
            }
        }
    }

    /// Fills a new store under another name, in batches.
    private func fillStoreDraft(
        _ read: (([StoreWrite]) throws(ServiceError) -> Void) throws(ServiceError) -> ArchiveReader
    ) throws(ServiceError) -> ArchiveReader {
        let draft = try makeStoreDraft()
        // When this returns, nobody has it open any more.
        let store: LMDBStore
        do throws(LMDBStoreError) { store = try LMDBStore(directory: draft) } catch { throw explain(error) }
        var batch: [StoreWrite] = []
        func commit() throws(ServiceError) {
            switch store.writer.commit(batch) {
            case .committed: batch = []
            case .full:
                throw ServiceError(.diskFull, "The disk that holds \(path) is full: free some space, and import again.")
            case .failed: throw ServiceError(.diskFailed, "The disk that holds \(path) failed: check it.")
            }
        }
        let archive = try read { writes throws(ServiceError) in
            batch += writes
            if batch.count >= DataDirectory.batchSize { try commit() }
        }
        try commit()
        return archive
    }

    /// Writes of one commit: a few megabytes at most, as each chunk of the file brings less than that.
    private static let batchSize = 4_096
}
