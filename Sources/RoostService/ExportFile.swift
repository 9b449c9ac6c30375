import Cryptography
import PeerCore
import Storage

/// A file that `export` has written.
struct ExportFile {
    private let path: String
    private let passphrase: Passphrase
    /// All of it, where it can be read only once.
    private let content: [UInt8]?

    /// What is no file, such as a pipe, is held in memory until all of it was checked: an export of a million short messages is no larger.
    private static let largestStream = 256 << 20

    /// Names the file. What can be read only once is read now.
    init(_ path: String, _ passphrase: Passphrase) throws(ServiceError) {
        self.path = path
        self.passphrase = passphrase
        do throws(SystemCalls.Failure) {
            switch try SystemCalls.status(path)?.kind {
            case .other: content = try SystemCalls.readStream(path, limit: ExportFile.largestStream)
            case .file, .directory, nil: content = nil
            }
        } catch {
            throw ExportFile.unreadable(path, error)
        }
        guard (content?.count ?? 0) <= ExportFile.largestStream else {
            throw ServiceError(
                .fileUnreadable,
                "What comes from \(path) is longer than the \(ExportFile.largestStream >> 20) MiB that are held in "
                    + "memory: save it to a file, and import that.")
        }
    }

    static func invalid(_ path: String) -> ServiceError {
        ServiceError(.fileInvalid, "\(path) is damaged: it was altered or cut short; take another copy of it.")
    }

    /// Reads all of it, and hands over what it means for an empty store.
    func read(_ take: ([StoreWrite]) throws(ServiceError) -> Void) throws(ServiceError) -> ArchiveReader {
        let input: SystemCalls.Input
        let head: [UInt8]
        do throws(SystemCalls.Failure) {
            if let content { input = SystemCalls.Input(content) } else { input = try SystemCalls.Input(path) }
            head = try input.read(SealedFile.headSize)
        } catch {
            throw ExportFile.unreadable(path, error)
        }
        var archive = ArchiveReader()
        do {
            let sealed = try SealedFile.Reader(head: head, passphrase: passphrase)
            var chunk = try next(input)
            var isLast = false
            while !isLast {
                let following = chunk.count == SealedFile.chunkSize ? try next(input) : []
                isLast = following.isEmpty
                try take(try archive.read(try sealed.open(chunk, isLast: isLast)))
                chunk = following
            }
            try take(try archive.finish())
            return archive
        } catch let error as ServiceError {
            throw error
        } catch let error as SealedFile.ReadError {
            throw explain(error)
        } catch {
            throw ExportFile.invalid(path)
        }
    }

    private func next(_ input: SystemCalls.Input) throws(ServiceError) -> [UInt8] {
        do throws(SystemCalls.Failure) {
            return try input.read(SealedFile.chunkSize)
        } catch {
            throw ExportFile.unreadable(path, error)
        }
    }

    private static func unreadable(_ path: String, _ failure: SystemCalls.Failure) -> ServiceError {
        ServiceError(
            .fileUnreadable, "\(path) can't be read (\(failure.reason)): repair its permissions, or name another copy.")
    }

    private func explain(_ error: SealedFile.ReadError) -> ServiceError {
        switch error {
        case .notSealed: ServiceError(.fileInvalid, "\(path) is not what `roost export` writes: name such a file.")
        case .newer(let version):
            ServiceError(
                .fileNewer, "\(path) has version \(version), and this program reads version 1: use a newer roost.")
        case .passphrase: ServiceError(.passphraseWrong, "The passphrase is not the one of \(path): try again.")
        case .memory(let kibibytes): .outOfMemory(kibibytes: kibibytes)
        case .damaged: ExportFile.invalid(path)
        }
    }
}
