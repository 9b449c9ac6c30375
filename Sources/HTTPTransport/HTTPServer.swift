import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP/1.1 server within limits: on a Unix socket for the control API, on a TCP port for scrapers.
public final class HTTPServer: Sendable {
    public enum Place: Sendable {
        case unixSocket(path: String)
        case port(host: String, port: Int)
    }

    /// Connections that the system keeps until they are accepted: as many as Linux allows, since a client of a Unix socket is
    /// refused where there is no place.
    private static let backlog: CInt = 4_096
    /// The most that one read of a socket returns, so that many connections with much to say take little memory.
    private static let readSize = 16_384
    /// How long connections may take to end when the server stops.
    private static let stopPatience = Duration.milliseconds(500)

    /// Where it listens, with the port that the system chose.
    public let address: SocketAddress?
    private let channel: any Channel
    private let table: ConnectionTable
    private let sweep: RepeatedTask

    private init(channel: any Channel, table: ConnectionTable, limits: HTTPLimits) {
        self.channel = channel
        self.table = table
        address = channel.localAddress
        let pause = TimeAmount(limits.patience / 8)
        sweep = channel.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in table.endOverdue() }
    }

    /// Returns once connections are accepted. Throws an `IOError` where it can't listen at the address.
    ///
    /// When one can't be accepted, as with too many open files, that is tried again after a second; `acceptFailed` is told.
    public static func start(
        at place: Place, limits: HTTPLimits, responder: any HTTPResponder,
        acceptFailed: @escaping @Sendable (any Error) -> Void = { _ in }
    ) async throws -> HTTPServer {
        let table = ConnectionTable(limits: limits)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton.next())
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptWatch(tell: acceptFailed))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: readSize))
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try begin(channel, table, limits, responder) }
            }
        let channel: any Channel
        switch place {
        case .unixSocket(let path): channel = try await bootstrap.bind(unixDomainSocketPath: path).get()
        case .port(let host, let port):
            channel =
                try await bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port).get()
        }
        return HTTPServer(channel: channel, table: table, limits: limits)
    }

    /// Stops accepting connections, and ends all of them. Requests under way are cancelled.
    public func stop() async {
        sweep.cancel()
        try? await channel.close()
        table.closeAll()
        let deadline = ContinuousClock.now + HTTPServer.stopPatience
        while !table.isEmpty, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(2)) }
    }

    private static func begin(
        _ channel: any Channel, _ table: ConnectionTable, _ limits: HTTPLimits, _ responder: any HTTPResponder
    ) throws {
        guard let id = table.add(channel) else { throw ChannelError.ioOnClosedChannel }
        channel.closeFuture.whenComplete { _ in table.remove(id) }
        var bounds = NIOHTTPDecoderLimitConfiguration()
        bounds.maxHeaderFieldSize = limits.head
        bounds.maxHeaderListSize = limits.head
        bounds.maxHeaderFieldCount = limits.fields
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: bounds)
        // The decoder doesn't count blanks, but keeps them.
        try channel.pipeline.syncOperations.addHandler(
            ByteToMessageHandler(decoder, maximumBufferSize: limits.head + readSize))
        let connection = HTTPConnection(
            channel: try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(backPressureStrategy: .init(lowWatermark: 1, highWatermark: 4))),
            id: id, table: table, limits: limits, responder: responder)
        let task = Task { await connection.run() }
        // Stops work for a client that has gone.
        channel.closeFuture.whenComplete { _ in task.cancel() }
    }
}

/// Hears why connections can't be accepted.
private final class AcceptWatch: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let tell: @Sendable (any Error) -> Void

    init(tell: @escaping @Sendable (any Error) -> Void) { self.tell = tell }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        tell(error)
        context.fireErrorCaught(error)
    }
}
