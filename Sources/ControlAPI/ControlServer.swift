import CLibrary
import HTTPTransport
import Synchronization

/// Serves the control API on a Unix socket that only its owner may use (mode 0600, in a directory of mode 0700).
///
/// The caller holds the data directory's lock: a socket file that exists already was left by a process that has ended.
/// The path ends in `.sock`.
public actor ControlServer {
    public nonisolated let socketPath: String
    private let backend: any ControlBackend
    private let limits: ControlLimits
    private let log: @Sendable (String) -> Void

    private var path: SocketPath?
    private var server: HTTPServer?
    /// The identity of the socket's file, to tell it from another file that has taken its name.
    private var file: FileIdentity?
    private var watch: Task<Void, Never>?
    private var isStopped = false

    /// How often the server checks that the socket is still there: rarely, as it seldom goes and each look wakes the processor.
    private static let watchInterval = Duration.seconds(5)

    /// `log` gets a sentence, once, when a connection could not be accepted.
    public init(socketPath: String, backend: any ControlBackend, log: @escaping @Sendable (String) -> Void = { _ in }) {
        self.init(socketPath: socketPath, backend: backend, limits: ControlLimits(), log: log)
    }

    package init(
        socketPath: String, backend: any ControlBackend, limits: ControlLimits,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.socketPath = socketPath
        self.backend = backend
        self.limits = limits
        self.log = log
    }

    /// Returns once connections are accepted. Throws when the socket can't be made.
    public func start() async throws(ControlError) {
        _ = BrokenPipe.ignored
        isStopped = false
        let path = try SocketPath(socketPath)
        unlink(path.usable)
        try await listen(at: path)
        watch = Task { [weak self] in
            while (try? await Task.sleep(for: ControlServer.watchInterval)) != nil { await self?.restoreSocket() }
        }
    }

    /// Makes the socket under another name, closes it to other users, and then gives it its own name. So no one else
    /// can connect in the meantime, and closing the server removes only that other name. Throws where the name is
    /// taken.
    private func listen(at path: SocketPath) async throws(ControlError) {
        let draft = path.usable.dropLast(4) + "temp"
        let hasFailed = Flag()
        let server: HTTPServer
        unlink(String(draft))
        do {
            server = try await HTTPServer.start(
                at: .unixSocket(path: String(draft)), limits: limits.transport,
                responder: ControlHandler(backend: backend, limits: limits)
            ) { [log] error in
                guard hasFailed.set() else { return }
                log("A connection to the control API could not be accepted (\(error)): further ones are tried again.")
            }
        } catch {
            throw ControlError(.storage, "The socket \(socketPath) can't be made: \(error)")
        }
        defer { unlink(String(draft)) }
        guard !isStopped else {
            await server.stop()
            throw ControlError(.unavailable, "The server was stopped before it listened.")
        }
        guard chmod(String(draft), 0o600) == 0, link(String(draft), path.usable) == 0 else {
            let reason = Errno.text
            await server.stop()
            throw ControlError(
                .storage, "The socket \(socketPath) can't be made (\(reason)): move away whatever has its name.")
        }
        file = FileIdentity(path.usable)
        self.path = path
        self.server = server
    }

    /// Makes the socket again if it was removed: a daemon that can't be reached can't be stopped either. A file that
    /// has taken the name is left alone, as it may be another daemon's.
    package func restoreSocket() async {
        guard let path, let former = server, FileIdentity.isMissing(path.usable) else { return }
        do throws(ControlError) {
            try await listen(at: path)
        } catch {
            // Tried again later. If the whole directory is gone, the node ends by itself.
            return
        }
        log("The socket \(socketPath) was removed, and has been made anew.")
        // Its connections end, and clients that follow a stream reconnect.
        await former.stop()
    }

    /// Ends all connections and removes the socket, unless another file has taken its name.
    public func stop() async {
        isStopped = true
        watch?.cancel()
        watch = nil
        if let path, let file, FileIdentity(path.usable) == file { unlink(path.usable) }
        path = nil
        await server?.stop()
        server = nil
    }
}

/// Tells apart files that have had the same name.
private struct FileIdentity: Equatable {
    private let device: UInt64
    private let number: UInt64

    /// Nil where there is none, or the system doesn't say.
    init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
    }

    /// Whether no file has the name.
    static func isMissing(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) != 0 && errno == ENOENT
    }
}

/// A flag that is set once.
private final class Flag: Sendable {
    private let isSet = Mutex(false)

    /// Whether this was the first time.
    func set() -> Bool {
        isSet.withLock { isSet in
            defer { isSet = true }
            return !isSet
        }
    }
}
