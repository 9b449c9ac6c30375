import Basics
import Cryptography
import Synchronization

/// The directory in which a node keeps its keys, its store and its socket. One daemon at a time uses it.
///
/// ```
/// DIR/            0700
///   node.key      0600  the node's X25519 key
///   profile.key   0600  the person's Ed25519 seed
///   store/        0700  the LMDB environment; `store.new` until it is complete
///   format        0600  says that all of the above has been made, and in which format of the directory
///   importing     0600  there while an import goes on, or after it was cut short
///   lock          0600  locked as long as a daemon runs; holds its process ID
///   peers.json    0600  the address book
///   compared.json 0600  which of its IDs were compared with their owners
///   web.json      0600  which browsers are signed in at the page, by digests
///   web.html      0600  what `roost web --open` has a browser open
///   api-token     0600  what programs show that use the API over TCP
///   config.json         settings, written by whoever runs the node
///   roost.sock    0600  the daemon's API; `roost.temp` until it listens
/// ```
/// `OwnFile` has the same names.
public struct DataDirectory: Hashable, Sendable {
    /// The directory, without a slash at its end.
    public let path: String

    /// Names a directory; touches nothing.
    public init(_ path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path.isEmpty ? "." : path
    }

    package func file(_ name: String) -> String { path == "/" ? "/\(name)" : "\(path)/\(name)" }

    package func file(_ own: OwnFile) -> String { file(own.rawValue) }

    /// The store's own directory.
    var storePath: String { file(.store) }
    /// Where a store is made.
    var storeDraftPath: String { file(OwnFile.store.rawValue + ".new") }

    /// Makes the directory if there is none, and closes it to other users. A directory with other contents, named by
    /// mistake, stays as it is.
    package func prepare() throws(ServiceError) {
        var found = try attempt { () throws(SystemCalls.Failure) in try SystemCalls.status(path) }
        if found == nil {
            try attempt { () throws(SystemCalls.Failure) in try makeWithParents(path) }
            found = try attempt { () throws(SystemCalls.Failure) in try SystemCalls.status(path) }
        }
        guard let status = found else { throw unusable("is a link that leads nowhere") }
        guard status.kind == .directory else { throw unusable("is not a directory") }
        guard !status.isForeign else {
            throw ServiceError(
                .dataDirectoryForbidden, "The data directory \(path) belongs to another user: choose one of your own.")
        }
        let names = try attempt { () throws(SystemCalls.Failure) in try SystemCalls.names(in: path) }
        let isOpen = status.mode & 0o077 != 0
        if !names.contains(OwnFile.nodeKey.rawValue), !names.contains(OwnFile.format.rawValue) {
            let others = names.filter { !DataDirectory.isOurs($0) }
            guard others.isEmpty || !isOpen else { throw unusable("holds other files and is open to other users") }
            // A home or a project. A log beside the keys does no harm.
            for name in others {
                let status = try attempt { () throws(SystemCalls.Failure) in try SystemCalls.status(file(name)) }
                guard !name.hasPrefix("."), status?.kind != .directory else {
                    throw unusable("holds other things, such as \(name)")
                }
            }
        }
        if isOpen { try attempt { () throws(SystemCalls.Failure) in try SystemCalls.setMode(path, 0o700) } }
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
        let path = file(.lock)
        guard let descriptor = try attempt({ () throws(SystemCalls.Failure) in try SystemCalls.lock(path) }) else {
            throw ServiceError(
                .alreadyRunning, "Another node runs on \(self.path): stop it first, or choose another data directory.")
        }
        SystemCalls.rewrite(descriptor, "\(SystemCalls.processID)\n")
        return DirectoryLock(descriptor: descriptor)
    }

    /// Runs system calls and says what their failure means for the directory.
    func attempt<Result>(_ body: () throws(SystemCalls.Failure) -> Result) throws(ServiceError) -> Result {
        do {
            return try body()
        } catch {
            guard error.isPermission else { throw unusable("can't be used (\(error.reason))") }
            throw ServiceError(
                .dataDirectoryForbidden,
                "The data directory \(path) can't be used (\(error.reason)): change its permissions, or choose another."
            )
        }
    }

    private func unusable(_ why: String) -> ServiceError {
        ServiceError(.dataDirectoryUnusable, "The data directory \(path) \(why): choose another directory.")
    }
}

/// The right to use a data directory, until it is released or the process ends.
package final class DirectoryLock: Sendable {
    /// The locked files: one, and those from before it was renewed.
    private let descriptors: Mutex<[CInt]>

    init(descriptor: CInt) { descriptors = Mutex([descriptor]) }

    deinit { descriptors.withLock { $0.forEach(SystemCalls.closeFile) } }

    /// Makes and locks the file again if it was removed or replaced: otherwise a second daemon could start beside this
    /// one. If another process holds the lock on the present file, nothing can be done here.
    package func renew(in directory: DataDirectory) {
        let path = directory.file(.lock)
        descriptors.withLock { held in
            guard let last = held.last, held.count < DirectoryLock.mostRenewals,
                !SystemCalls.isFile(last, at: path), let renewed = try? SystemCalls.lock(path)
            else { return }
            SystemCalls.rewrite(renewed, "\(SystemCalls.processID)\n")
            held.append(renewed)
        }
    }

    /// More renewals mean that something removes the file on purpose, and each renewal takes a descriptor.
    private static let mostRenewals = 16
}
