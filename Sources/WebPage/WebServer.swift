import Basics
import ControlAPI
import HTTPTransport
import Platform

/// Serves the page to browsers on this machine, on the loopback and only from when it is first asked for.
///
/// Sessions outlast the daemon: when it runs again, it listens on the same port, and pages that are still open go on. Where another
/// program has taken the port meanwhile, all of them are void, as that program may have been shown their secrets.
public actor WebServer {
    /// Where sessions are kept between two runs, by digests.
    public struct Memory: Sendable {
        package let read: @Sendable () -> [UInt8]?
        package let write: @Sendable ([UInt8]) -> Void

        public init(read: @escaping @Sendable () -> [UInt8]?, write: @escaping @Sendable ([UInt8]) -> Void) {
            self.read = read
            self.write = write
        }
    }

    /// The only address at which it ever listens.
    static let host = "127.0.0.1"

    private let file: SessionsFile
    private let limits: WebLimits
    private var backend: (any ControlBackend)?
    private var open: (door: WebDoor, server: HTTPServer)?
    /// Whether sessions of an earlier run have been looked at: before, nobody can say who is signed in.
    private var hasBegun = false
    private var waitsForBegin: [CheckedContinuation<Void, Never>] = []
    private var isStopped = false

    /// Opens nothing.
    public init(memory: Memory, limits: WebLimits = WebLimits()) {
        file = SessionsFile(memory)
        self.limits = limits
    }

    /// From now on there is something to show. Listens if there are sessions of an earlier run.
    public func begin(_ backend: any ControlBackend) async {
        self.backend = backend
        await listenAgain()
        hasBegun = true
        endWaiting()
    }

    private func listenAgain() async {
        guard let former = file.read() else { return }
        var sessions = WebSessions(limits: limits, sessions: former.sessions)
        sessions.expire(at: .now)
        guard sessions.count > 0 else { return }
        do {
            try await listen(port: former.port, sessions)
        } catch {
            // Whoever has the port now may have been shown what pages send.
            file.write(WebDoor.Memory(port: 0, sessions: []), file.nextVersion())
        }
    }

    /// The daemon's API may be asked before the page has begun.
    private func waitForBegin() async {
        guard !hasBegun, !isStopped else { return }
        await withCheckedContinuation { waitsForBegin.append($0) }
    }

    private func endWaiting() {
        for continuation in waitsForBegin { continuation.resume() }
        waitsForBegin = []
    }

    /// A link by which a browser on this machine opens the page.
    public func link() async throws(ControlError) -> WebLink {
        await waitForBegin()
        if open == nil {
            // Always another port: what a browser keeps of an origin (pages, service workers) may be of somebody who had the former
            // one meanwhile.
            do { try await listen(port: 0, WebSessions(limits: limits)) } catch { throw WebServer.explain(error) }
        }
        guard let door = open?.door else { throw ControlError(.unavailable, "The daemon ends: start it again first.") }
        let (link, until) = door.link()
        return WebLink(link: link, expiresAt: Date(timeIntervalSince1970: TimeInterval(until.seconds)))
    }

    /// Ends all sessions and stops listening; returns how many there were.
    public func endAll() async -> Int {
        await waitForBegin()
        guard let (door, server) = open else { return 0 }
        open = nil
        let count = door.close()
        await server.stop()
        return count
    }

    /// Stops listening. Sessions are kept.
    public func stop() async {
        isStopped = true
        endWaiting()
        let server = open?.server
        open = nil
        await server?.stop()
    }

    private func listen(port: Int, _ sessions: WebSessions) async throws {
        guard let backend, !isStopped else { return }
        // The responder has to know the port before it answers: a listener without an answer is made first.
        let responder = LateResponder()
        let server = try await HTTPServer.start(
            at: .port(host: WebServer.host, port: port), limits: transport, responder: responder)
        guard !isStopped, open == nil, let port = server.address?.port else { return await server.stop() }
        let door = WebDoor(port: port, sessions: sessions, file: file)
        var bounds = ControlLimits()
        (bounds.requests, bounds.streams) = (limits.requests, limits.streams)
        responder.begin(WebResponder(door: door, api: ControlHandler(backend: backend, limits: bounds)))
        open = (door, server)
    }

    private var transport: HTTPLimits {
        HTTPLimits(waiting: limits.waiting, patience: limits.patience, body: ControlHandler.maximumBody)
    }

    private static func explain(_ error: any Error) -> ControlError {
        ControlError(.full, "The page can't be served on \(host) (\(error)): make room for one more port.")
    }
}
