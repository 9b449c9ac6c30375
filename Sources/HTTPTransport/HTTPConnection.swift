import NIOCore
import NIOHTTP1

/// Answers the requests to a server.
public protocol HTTPResponder: Sendable {
    func answer(_ request: HTTPRequest) async -> HTTPAnswer
    /// In the same form as the server's other errors.
    func answer(to refusal: HTTPRefusal) -> HTTPAnswer
}

/// One connection of a server: a request, its answer, and the next.
///
/// Requests that come before their turn wait in the channel, which stops reading the socket. A part of an answer is
/// made when the one before it has been sent. So a connection holds one body, one part, and the bytes of one read of
/// the socket.
struct HTTPConnection {
    typealias Parts = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    /// How long a refused client may continue to write, so that it gets to read the reason.
    private static let linger = TimeAmount.milliseconds(500)

    let channel: NIOAsyncChannel<HTTPServerRequestPart, Never>
    let id: ConnectionTable.ID
    let table: ConnectionTable
    let limits: HTTPLimits
    let responder: any HTTPResponder

    private enum Incoming {
        case request(HTTPRequest, HTTPRequestHead)
        case refused(HTTPRefusal)
        /// The client has closed the connection, or sends no more requests.
        case ended
    }

    /// Returns when the connection is closed.
    func run() async {
        try? await channel.executeThenClose { inbound in
            var parts = inbound.makeAsyncIterator()
            while try await serveNext(&parts) { table.beginWait(id) }
        }
    }

    /// Whether another request may follow.
    private func serveNext(_ parts: inout Parts) async throws -> Bool {
        switch try await receive(&parts) {
        case .ended: return false
        case .refused(let refusal):
            try await send(responder.answer(to: refusal), framing: .untilEnd, keepsAlive: false, hasBody: true)
            await lingerOn()
            return false
        case .request(let request, let head):
            table.endWait(id)
            let answer = await responder.answer(request)
            let isModern = head.version == .http1_1
            // An upgrade is not offered, but the parser stops after asking for one.
            let keepsAlive =
                limits.keepsAlive && isModern && head.isKeepAlive && !head.headers.contains(name: "upgrade")
                && head.method != .CONNECT
            do {
                try Task.checkCancellation()
                try await send(
                    answer, framing: isModern ? .chunks : .untilEnd, keepsAlive: keepsAlive,
                    hasBody: head.method != .HEAD)
            } catch {
                // Nobody reads the answer any more; what was asked is done nevertheless.
                await answer.whenSent?()
                throw error
            }
            await answer.whenSent?()
            return keepsAlive
        }
    }

    // MARK: Requests

    private func receive(_ parts: inout Parts) async throws -> Incoming {
        do {
            guard case .head(let head) = try await parts.next() else { return .ended }
            if let refusal = refusal(of: head) { return .refused(refusal) }
            if head.headers.contains(name: "expect") {
                try await write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
            }
            // A body has as much time as its head had.
            table.beginWait(id)
            var body: [UInt8] = []
            while true {
                switch try await parts.next() {
                case .body(let part):
                    guard body.count + part.readableBytes <= limits.body else { return .refused(.bodyTooLarge) }
                    body += part.readableBytesView
                    table.hold(id, part.readableBytes)
                case .end: return HTTPRequest(head, body: body).map { .request($0, head) } ?? .refused(.malformed)
                case .head, nil: return .refused(.bodyIncomplete)
                }
            }
        } catch let error as HTTPParserError {
            return .refused(HTTPConnection.refusal(of: error))
        } catch is ByteToMessageDecoderError.PayloadTooLargeError {
            return .refused(.headTooLarge)
        }
    }

    private func refusal(of head: HTTPRequestHead) -> HTTPRefusal? {
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > limits.body {
            return .bodyTooLarge
        }
        guard let expectation = head.headers.first(name: "expect") else { return nil }
        return head.version == .http1_1 && expectation.lowercased() == "100-continue" ? nil : .unmetExpectation
    }

    private static func refusal(of error: HTTPParserError) -> HTTPRefusal {
        switch error {
        case .headerOverflow: .headTooLarge
        case .invalidMethod: .unknownMethod
        default: .malformed
        }
    }

    // MARK: Answers

    private func send(_ answer: HTTPAnswer, framing: Framing, keepsAlive: Bool, hasBody: Bool) async throws {
        var head = ByteBuffer(string: answer.head(framing: framing, keepsAlive: keepsAlive))
        switch answer.body {
        case .bytes(let bytes):
            if hasBody { head.writeBytes(bytes) }
            try await write(head)
        case .stream(let body):
            try await write(head)
            guard hasBody else { return }
            try await body { part in
                guard !part.isEmpty else { return }
                try await write(framing.frame(part))
            }
            if let end = framing.end { try await write(end) }
        }
    }

    /// Returns when the kernel has taken it.
    private func write(_ buffer: ByteBuffer) async throws {
        try Task.checkCancellation()
        table.beginWait(id, holding: buffer.readableBytes)
        defer { table.endWait(id) }
        try await channel.channel.writeAndFlush(buffer).get()
    }

    /// Reads and drops what the client still writes, for a while. A connection that is closed with unread bytes is
    /// reset, and the answer may be lost with it.
    private func lingerOn() async {
        let channel = channel.channel
        table.beginWait(id)
        let end = channel.eventLoop.scheduleTask(in: HTTPConnection.linger) { channel.close(promise: nil) }
        defer { end.cancel() }
        channel.close(mode: .output, promise: nil)
        // The stream of parts stops the reading with its end.
        try? await channel.pipeline.addHandler(Drain(), position: .first).get()
        try? await channel.closeFuture.get()
    }
}

/// Reads what comes, and drops it.
private final class Drain: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    func handlerAdded(context: ChannelHandlerContext) { context.read() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func channelReadComplete(context: ChannelHandlerContext) { context.read() }
}
