import Basics
import NIOCore
import NIOPosix
import PortMapping

/// One question to a router over TCP, and its answer, within bounds of time, bytes and reads whatever the router does.
enum RouterConnection {
    /// The longest that a connection may take.
    private static let connectTimeout = TimeAmount.seconds(2)

    /// The bytes of the answer; nil where there is none within the time.
    static func ask(
        _ question: IgdQuestion, within timeout: TimeAmount
    ) async -> [UInt8]? {
        guard let address = try? SocketAddress(ipAddress: question.endpoint.host, port: Int(question.endpoint.port))
        else { return nil }
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = eventLoop.makePromise(of: [UInt8]?.self)
        let late = eventLoop.scheduleTask(in: timeout) { answer.succeed(nil) }
        defer { late.cancel() }
        let channel = try? await ClientBootstrap(group: eventLoop)
            .connectTimeout(min(connectTimeout, timeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RouterAnswerHandler(answer))
                }
            }
            .connect(to: address).get()
        guard let channel else {
            answer.succeed(nil)
            return nil
        }
        channel.writeAndFlush(ByteBuffer(bytes: question.bytes), promise: nil)
        let bytes = try? await answer.futureResult.get()
        channel.close(promise: nil)
        return bytes ?? nil
    }
}

private final class RouterAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// A router sends its answer in some packets: one that sends it byte by byte gains nothing.
    private static let mostReads = 512

    private let answer: EventLoopPromise<[UInt8]?>
    private var reader = HttpReplyReader()
    private var reads = 0

    init(_ answer: EventLoopPromise<[UInt8]?>) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.add(unwrapInboundIn(data).readableBytesView)
        reads += 1
        guard reader.isWhole || reads >= RouterAnswerHandler.mostReads else { return }
        end(context)
    }

    func channelInactive(context: ChannelHandlerContext) { succeed() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(context) }

    private func end(_ context: ChannelHandlerContext) {
        succeed()
        context.close(promise: nil)
    }

    private func succeed() { answer.succeed(reader.bytes.isEmpty ? nil : reader.bytes) }
}
