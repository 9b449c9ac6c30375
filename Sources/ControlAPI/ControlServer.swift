import HTTPTransport
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Serves the control API on a Unix socket that only its owner may use (mode 0600, in a directory of mode 0700).
///
/// The caller holds the data directory's lock: a socket file that is there already was left by a process that is gone.
public actor ControlServer {
    public nonisolated let socketPath: String
    private let backend: any ControlBackend
    private let limits: ControlLimits
    private let log: @Sendable (String) -> Void

    private var path: SocketPath?
    private var server: HTTPServer?

    /// `log` is told in a sentence, once, when a connection could not be accepted.
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
        let path = try SocketPath(socketPath)
        unlink(path.usable)
        let hasFailed = Flag()
        let server: HTTPServer
        do {
            server = try await HTTPServer.start(
                at: .unixSocket(path: path.usable), limits: limits.transport,
                responder: ControlHandler(backend: backend, limits: limits)
            ) { [log] error in
                guard hasFailed.set() else { return }
                log("A connection to the control API could not be accepted (\(error)): further ones are tried again.")
            }
        } catch {
            throw ControlError(.storage, "The socket \(socketPath) can't be made: \(error)")
        }
        guard chmod(path.usable, 0o600) == 0 else {
            let reason = Errno.text
            await server.stop()
            throw ControlError(.storage, "The socket \(socketPath) can't be closed to others: \(reason)")
        }
        self.path = path
        self.server = server
    }

    /// Ends all connections and removes the socket.
    public func stop() async {
        // First, so that it can't be another server's by then.
        if path != nil { unlink(socketPath) }
        path = nil
        await server?.stop()
        server = nil
    }
}

/// What is set once.
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
