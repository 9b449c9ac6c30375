import HTTPTransport

/// Serves the control API over TCP, on the loopback, to programs of this machine that show a token.
public final class ControlPort: Sendable {
    /// The port, which the system may have chosen.
    public let port: Int
    private let server: HTTPServer

    private init(port: Int, server: HTTPServer) {
        self.port = port
        self.server = server
    }

    /// Returns once connections are accepted.
    ///
    /// - Parameters:
    ///   - host: An address of the loopback, without brackets.
    ///   - port: 0 takes any free one.
    ///   - token: What each request has to show (RFC 6750, §2.1).
    public static func start(
        host: String, port: Int, token: String, backend: any ControlBackend
    ) async throws(ControlError) -> ControlPort {
        let limits = ControlLimits()
        let responder = TokenResponder(
            host: host, token: token, api: ControlHandler(backend: backend, limits: limits))
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        do {
            let server = try await HTTPServer.start(
                at: .port(host: host, port: port), limits: limits.transport, responder: responder)
            return ControlPort(port: server.address?.port ?? port, server: server)
        } catch {
            throw ControlError(
                .storage,
                "The API can't be answered at \(place) (\(error)): end what listens there, or choose another port.")
        }
    }

    /// Ends all connections.
    public func stop() async { await server.stop() }
}
