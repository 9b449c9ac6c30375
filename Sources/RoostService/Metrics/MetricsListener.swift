import Basics
import HTTPTransport
import NIOCore

/// Serves a node's metrics to Prometheus over TCP: `GET /metrics`, and `GET /healthz` for supervisors of the node.
///
/// Only metrics: these pages are all that can be requested, and nothing can be changed. Anyone who reaches the port can
/// read them, so it should be on the loopback or a private network. Connections are short, and there are few of them.
public final class MetricsListener: Sendable {
    /// What one scrape gives: Prometheus's text format, or nil where the node has ended.
    public typealias Text = @Sendable () async -> String?

    /// The media type of the figures (Prometheus's text format).
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Enough for a few scrapers and a person who looks. If there are more idle connections, the oldest are closed. No
    /// request needs a body, but a small one is accepted out of politeness.
    private static var limits: HTTPLimits {
        var limits = HTTPLimits(waiting: 32, patience: .seconds(10), body: 8_192)
        limits.keepsAlive = false
        return limits
    }

    /// Where it listens, with the port that the system chose.
    public let endpoint: Endpoint
    private let server: HTTPServer

    private init(endpoint: Endpoint, server: HTTPServer) {
        self.endpoint = endpoint
        self.server = server
    }

    /// Listens until `stop`. Throws `portInUse` or `addressUnusable`.
    public static func start(at endpoint: Endpoint, text: @escaping Text) async throws(ServiceError) -> MetricsListener
    {
        do {
            let server = try await HTTPServer.start(
                at: .port(host: endpoint.host, port: Int(endpoint.port)), limits: limits,
                responder: MetricsResponder(text: text))
            return MetricsListener(endpoint: server.address.flatMap { Endpoint($0) } ?? endpoint, server: server)
        } catch {
            throw explain(error, endpoint)
        }
    }

    /// Stops accepting connections.
    public func stop() async { await server.stop() }

    private static func explain(_ error: any Error, _ endpoint: Endpoint) -> ServiceError {
        guard let error = error as? IOError else {
            return ServiceError(
                .addressUnusable, "Can't show metrics at \(endpoint) (\(error)): choose another address for them.")
        }
        let failure = SystemCalls.Failure(code: error.errnoCode)
        guard !failure.isAddressInUse else {
            return ServiceError(
                .portInUse, "Another program listens on \(endpoint): stop it, or choose another address for metrics.")
        }
        return ServiceError(
            .addressUnusable,
            "Can't show metrics at \(endpoint) (\(failure.reason)): choose another address for them.")
    }
}

/// Answers requests on the metrics port. Parameters are ignored: scrapers may add some.
private struct MetricsResponder: HTTPResponder {
    let text: MetricsListener.Text

    func answer(_ request: HTTPRequest) async -> HTTPAnswer {
        guard ["/metrics", "/healthz"].contains(request.path) else {
            return HTTPAnswer(status: 404, text: "There is /metrics.\n")
        }
        guard ["GET", "HEAD"].contains(request.method) else {
            var answer = HTTPAnswer(status: 405, text: "There is GET.\n")
            answer.headers.append(("Allow", "GET, HEAD"))
            return answer
        }
        guard request.path == "/metrics" else { return HTTPAnswer(text: "ok\n") }
        guard let figures = await text() else { return HTTPAnswer(status: 503, text: "The node has ended.\n") }
        return HTTPAnswer(text: figures, type: MetricsListener.contentType)
    }

    func answer(to refusal: HTTPRefusal) -> HTTPAnswer {
        HTTPAnswer(status: refusal.status, text: refusal == .headTooLarge ? "Too long.\n" : "That is no request.\n")
    }
}

extension Endpoint {
    /// Nil for what is no Internet address.
    fileprivate init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address): self = SystemCalls.endpoint(address.address)
        case .v6(let address): self = SystemCalls.endpoint(address.address)
        case .unixDomainSocket: return nil
        }
    }
}
