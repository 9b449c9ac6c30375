import Basics
import NIOCore
import NIOPosix
import Synchronization

/// Shows the node's figures to scrapers over TCP: `GET /metrics` and `GET /healthz`, and nothing else.
///
/// Not the control API, which is its owner's alone: whoever reaches this port may read it, and can do nothing but that. A
/// connection gets one answer, has little time and little room, and there are few of them.
public final class MetricsListener: Sendable {
    /// What one scrape gives: Prometheus's text format, or nil where the node has ended.
    public typealias Text = @Sendable () async -> String?

    /// The media type of the figures (Prometheus's text format).
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Connections at a time: a few scrapers, and somebody who looks. Others are closed at once.
    static let maximumConnections = 32
    /// Bytes of a request's head, as nobody's needs more.
    static let maximumHead = 8_192
    /// How long a connection may take from its beginning to its end.
    static let patience = TimeAmount.seconds(10)

    /// Where it listens, with the port that the system chose.
    public let endpoint: Endpoint
    private let channel: any Channel

    private init(endpoint: Endpoint, channel: any Channel) {
        self.endpoint = endpoint
        self.channel = channel
    }

    /// Listens until `stop`. Throws `portInUse` or `addressUnusable`.
    public static func start(at endpoint: Endpoint, text: @escaping Text) async throws(ServiceError) -> MetricsListener
    {
        let connections = Connections()
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton.next())
                .serverChannelOption(.backlog, value: CInt(maximumConnections))
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ScrapeHandler(text: text, connections: connections))
                    }
                }
                .bind(host: endpoint.host, port: Int(endpoint.port)).get()
            let bound = channel.localAddress.flatMap { Endpoint($0) } ?? endpoint
            return MetricsListener(endpoint: bound, channel: channel)
        } catch {
            throw explain(error, endpoint)
        }
    }

    /// Accepts nobody any more.
    public func stop() async { try? await channel.close() }

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

/// How many connections there are.
private final class Connections: Sendable {
    private let count = Mutex(0)

    /// Whether there is room for one more.
    func enter() -> Bool {
        count.withLock { count in
            guard count < MetricsListener.maximumConnections else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}

/// One connection: reads the head of a request, answers it and closes.
private final class ScrapeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let text: MetricsListener.Text
    private let connections: Connections
    private var isCounted = false
    private var head: [UInt8] = []
    private var isAnswered = false
    private var deadline: Scheduled<Void>?

    init(text: @escaping MetricsListener.Text, connections: Connections) {
        self.text = text
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        guard connections.enter() else {
            context.close(promise: nil)
            return
        }
        isCounted = true
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: MetricsListener.patience) { channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if isCounted { connections.leave() }
        isCounted = false
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        head += unwrapInboundIn(data).readableBytesView
        guard head.count <= MetricsListener.maximumHead else {
            return finish(
                ScrapeAnswer(status: "431 Request Header Fields Too Large", body: "Too long.\n"), context.channel)
        }
        guard let request = ScrapeRequest(head) else { return }
        switch request {
        case .figures:
            isAnswered = true
            let (channel, text) = (context.channel, text)
            Task {
                let figures = await text()
                ScrapeHandler.send(ScrapeAnswer(figures: figures), channel)
            }
        case .health: finish(ScrapeAnswer(status: "200 OK", body: "ok\n"), context.channel)
        case .otherPath: finish(ScrapeAnswer(status: "404 Not Found", body: "There is /metrics.\n"), context.channel)
        case .otherMethod:
            finish(
                ScrapeAnswer(status: "405 Method Not Allowed", body: "There is GET.\n", allow: "GET"), context.channel)
        }
    }

    /// Whatever befell the connection, it is over.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func finish(_ answer: ScrapeAnswer, _ channel: any Channel) {
        isAnswered = true
        ScrapeHandler.send(answer, channel)
    }

    private static func send(_ answer: ScrapeAnswer, _ channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(string: answer.text)).whenComplete { _ in channel.close(promise: nil) }
    }
}
