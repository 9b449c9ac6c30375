import Basics
import Cryptography
import LMDBStore

/// The directory in which a node keeps its keys, its store and its socket. One daemon at a time uses it.
///
/// ```
/// DIR/            0700
///   node.key      0600  the node's X25519 key
///   profile.key   0600  the person's Ed25519 seed
///   lock          0600  locked as long as a daemon runs; holds its process ID
///   store/        0700  the LMDB environment
///   roost.sock          the daemon's API
/// ```
public struct DataDirectory: Hashable, Sendable {
    /// The directory, without a slash at its end.
    public let path: String

    /// Names a directory; touches nothing.
    public init(_ path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path.isEmpty ? "." : path
    }

    /// Who the keys of a directory say one is.
    public struct Identity: Hashable, Sendable {
        /// The person.
        public let peerID: PeerID
        /// The node.
        public let nodeID: NodeID
    }

    /// Whose directory `path` is, whether or not a daemon runs there. Makes the directory and the keys when there are none.
    public static func identity(of path: String) throws(ServiceError) -> Identity {
        let directory = DataDirectory(path)
        try directory.prepare()
        return try directory.keys().identity
    }

    package func file(_ name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

    /// The store's own directory.
    var storePath: String { file("store") }

    /// Makes the directory where there is none, and closes it to other users.
    package func prepare() throws(ServiceError) {
        guard let status = try attempt({ () throws(SystemCalls.Failure) in try SystemCalls.status(path) }) else {
            return try attempt { () throws(SystemCalls.Failure) in try makeWithParents(path) }
        }
        guard status.kind == .directory else { throw unusable("is not a directory") }
        guard !status.isForeign else { throw unusable("belongs to another user") }
        guard status.mode & 0o077 != 0 else { return }
        // Whoever names a directory that holds other things by mistake must not find it closed to its users.
        let names = try attempt { () throws(SystemCalls.Failure) in try SystemCalls.names(in: path) }
        guard names.allSatisfy({ $0 == "lost+found" }) || names.contains("node.key") else {
            throw unusable("holds other files and is open to other users")
        }
        try attempt { () throws(SystemCalls.Failure) in try SystemCalls.setMode(path, 0o700) }
    }

    private func makeWithParents(_ path: String) throws(SystemCalls.Failure) {
        do throws(SystemCalls.Failure) {
            try SystemCalls.makeDirectory(path)
        } catch {
            guard error.isMissing, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { throw error }
            try makeWithParents(String(path[..<slash]))
            try SystemCalls.makeDirectory(path)
        }
    }

    /// Takes the directory for this process, or throws `alreadyRunning`.
    package func lock() throws(ServiceError) -> DirectoryLock {
        let path = file("lock")
        guard let descriptor = try attempt({ () throws(SystemCalls.Failure) in try SystemCalls.lock(path) }) else {
            throw ServiceError(
                .alreadyRunning, "Another node runs on \(self.path): stop it first, or choose another data directory.")
        }
        SystemCalls.rewrite(descriptor, "\(SystemCalls.processID)\n")
        return DirectoryLock(descriptor: descriptor)
    }

    /// Opens the store, which is made where there is none. The directory must be locked.
    func openStore() throws(ServiceError) -> sending LMDBStore {
        try attempt { () throws(SystemCalls.Failure) in try SystemCalls.makeDirectory(storePath) }
        do throws(LMDBStoreError) {
            return try LMDBStore(directory: storePath)
        } catch {
            let code: ServiceError.Code =
                switch error {
                case .corrupt: .storeCorrupt
                case .newerFormat: .storeNewer
                case .unusable: .dataDirectoryUnusable
                case .full: .diskFull
                }
            throw ServiceError(code, error.description)
        }
    }

    /// Runs system calls and says what their failure means for the directory.
    private func attempt<Result>(_ body: () throws(SystemCalls.Failure) -> Result) throws(ServiceError) -> Result {
        do { return try body() } catch { throw unusable("can't be used (\(error.reason))") }
    }

    private func unusable(_ why: String) -> ServiceError {
        ServiceError(.dataDirectoryUnusable, "The data directory \(path) \(why): choose another directory.")
    }
}

/// The right to use a data directory, until it is released or the process ends.
package final class DirectoryLock: Sendable {
    private let descriptor: CInt

    init(descriptor: CInt) { self.descriptor = descriptor }

    deinit { SystemCalls.closeFile(descriptor) }
}
