import FlyingFox
import Foundation
import Synchronization

/// Serves the control API on a Unix socket that only its owner may use (mode 0600, in a directory of mode 0700).
///
/// The caller holds the data directory's lock: a socket file that is there already was left by a process that is gone.
public actor ControlServer {
    /// Seconds that a request may take. Waiting for a message's state is shorter, streams are exempt.
    private static let requestSeconds = 60.0
    /// How long connections may take to end when the server stops.
    private static let stopSeconds = 0.2

    public nonisolated let socketPath: String
    private let backend: any ControlBackend
    private let limits: ControlLimits
    private let log: @Sendable (String) -> Void

    private var path: SocketPath?
    private var server: HTTPServer?
    private var supervisor: Task<Void, Never>?

    /// `log` is told in a sentence when the server had to start over.
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
        path = try SocketPath(socketPath)
        let (server, run) = try await listen()
        self.server = server
        supervisor = Task { await self.supervise(run) }
    }

    /// Ends all connections and removes the socket.
    public func stop() async {
        supervisor?.cancel()
        await server?.stop(timeout: ControlServer.stopSeconds)
        await supervisor?.value
        supervisor = nil
        server = nil
        if path != nil { unlink(socketPath) }
        path = nil
    }

    /// Accepting ends on errors that pass, such as too many open files: start over, and not in a tight loop.
    private func supervise(_ first: Run) async {
        var run = first
        while !Task.isCancelled {
            let result = await run.task.result
            guard !Task.isCancelled, case .failure(let error) = result else { return }
            log("The control API stopped accepting connections and starts over: \(error.localizedDescription)")
            while !Task.isCancelled {
                guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
                if let (server, next) = try? await listen() {
                    self.server = server
                    run = next
                    break
                }
            }
        }
    }

    private func listen() async throws(ControlError) -> (HTTPServer, Run) {
        guard let path else { throw ControlError(.unavailable, "The control API is not started.") }
        unlink(path.usable)
        let configuration = HTTPServer.Configuration(
            address: .unix(path: path.usable), timeout: ControlServer.requestSeconds,
            sharedRequestReplaySize: ControlHandler.maximumBody,
            pool: BoundedSocketPool(HTTPServer.defaultPool(), limits: limits), logger: .disabled)
        let server = HTTPServer(config: configuration, handler: ControlHandler(backend: backend, limits: limits))
        let run = Run(server)
        do {
            try await waitUntilListening(server, run)
        } catch {
            run.task.cancel()
            throw ControlError(.storage, "The socket \(socketPath) can't be made: \(error.localizedDescription)")
        }
        guard chmod(path.usable, 0o600) == 0 else {
            let reason = Errno.text
            await server.stop()
            throw ControlError(.storage, "The socket \(socketPath) can't be closed to others: \(reason)")
        }
        return (server, run)
    }

    /// Whichever comes first: it listens, or it fails.
    private func waitUntilListening(_ server: HTTPServer, _ run: Run) async throws {
        while !(await server.isListening) {
            if run.hasEnded { try await run.task.value }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// A server at work, which can be asked without waiting whether it still is.
private struct Run: Sendable {
    private final class Flag: Sendable {
        let isSet = Mutex(false)
    }

    let task: Task<Void, any Error>
    private let ended = Flag()

    var hasEnded: Bool { ended.isSet.withLock { $0 } }

    init(_ server: HTTPServer) {
        task = Task { [ended] in
            defer { ended.isSet.withLock { $0 = true } }
            try await server.run()
        }
    }
}
