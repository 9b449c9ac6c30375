import NIOCore
import NIOHTTP1
import NIOPosix

/// One request to a server on a Unix socket, and its answer, whose body can be read as it comes.
public struct HTTPExchange {
    /// Bytes of an answer's body that is read whole: a full page of the inbox with every byte escaped, and more.
    private static let maximumBody = 64 << 20

    public enum Failure: Error {
        /// Nothing was sent.
        case notConnected(errno: CInt)
        /// The request was sent, at least in part; no whole answer came.
        case interrupted
        /// What answers there isn't an HTTP server, or says more than it may.
        case malformed
    }

    public let status: Int
    private var parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator

    /// One thread serves all requests of the program. It is made when there is a first one.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// Sends a request and gives its answer, as soon as its head is there, to `body`. The connection ends with that.
    public static func perform<Result>(
        path: String, method: String, target: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        _ use: (inout HTTPExchange) async throws -> Result
    ) async throws -> Result {
        let channel = try await connect(path)
        do {
            return try await channel.executeThenClose { inbound, outbound in
                var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: target)
                head.headers = HTTPHeaders([("Host", "roost"), ("Connection", "close")] + headers)
                if let body { head.headers.add(name: "Content-Length", value: "\(body.count)") }
                do {
                    try await outbound.write(.head(head))
                    if let body { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
                    try await outbound.write(.end(nil))
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    // The server may have answered before it read all: see what it says.
                }
                var exchange = try await HTTPExchange(inbound)
                return try await use(&exchange)
            }
        } catch let error as HTTPParserError {
            throw error == .invalidEOFState ? Failure.interrupted : Failure.malformed
        } catch is ByteToMessageDecoderError {
            throw Failure.malformed
        } catch is IOError {
            throw Failure.interrupted
        } catch is ChannelError {
            throw Failure.interrupted
        }
    }

    private init(_ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws {
        parts = inbound.makeAsyncIterator()
        guard case .head(let head) = try await parts.next() else { throw Failure.interrupted }
        if let length = head.headers.first(name: "content-length") {
            guard let count = Int(length), count <= HTTPExchange.maximumBody else { throw Failure.malformed }
        }
        status = Int(head.status.code)
    }

    /// The whole body.
    public mutating func body() async throws -> [UInt8] {
        var body: [UInt8] = []
        while let part = try await part() {
            guard body.count + part.count <= HTTPExchange.maximumBody else { throw Failure.malformed }
            body += part
        }
        return body
    }

    /// The next part of the body; nil at its proper end.
    public mutating func part() async throws -> [UInt8]? {
        switch try await parts.next() {
        case .body(let buffer): return Array(buffer.readableBytesView)
        case .end: return nil
        case .head, nil:
            try Task.checkCancellation()
            throw Failure.interrupted
        }
    }

    private static func connect(
        _ path: String
    ) async throws -> NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart> {
        do {
            return try await ClientBootstrap(group: loops).connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers(enableOutboundHeaderValidation: false)
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
        } catch let error as IOError {
            throw Failure.notConnected(errno: error.errnoCode)
        } catch is SocketAddressError {
            throw Failure.notConnected(errno: 0)
        }
    }
}
