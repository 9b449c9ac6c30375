import Synchronization

/// Tells which key files are open although another is sealed. It reads them only when one has changed since the last look: a key that
/// was read lies in memory that nothing wipes.
final class KeyWatch: Sendable {
    private struct Look {
        let files: [FileVersion?]
        let open: [String]
    }

    private let directory: DataDirectory
    private let last = Mutex<Look?>(nil)

    init(_ directory: DataDirectory) { self.directory = directory }

    /// The names of those files. May block for as long as a disk does.
    func keysLeftOpen() -> [String] {
        last.withLock { last in
            // Before they are read: what changes meanwhile is seen the next time.
            let files = [OwnFile.nodeKey, .profileKey].map { directory.version(of: $0) }
            if let last, last.files == files { return last.open }
            let look = Look(files: files, open: directory.keysLeftOpen())
            last = look
            return look.open
        }
    }
}
