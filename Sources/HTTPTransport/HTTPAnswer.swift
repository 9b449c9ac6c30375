import NIOCore
import NIOHTTP1

/// The answer to a request.
public struct HTTPAnswer: Sendable {
    /// Writes one part of a body, and returns when it has been sent. So a body is produced no faster than its reader
    /// takes it. Throws when the reader has gone.
    public typealias Writer = @Sendable ([UInt8]) async throws -> Void

    public enum Body: Sendable {
        case bytes([UInt8])
        /// Written by the closure, part by part. If the closure throws, the connection ends, so that the reader sees
        /// that the body is incomplete.
        case stream(@Sendable (Writer) async throws -> Void)
    }

    public var status: Int
    /// All but those of length and connection, which go by themselves.
    public var headers: [(name: String, value: String)]
    public var body: Body
    /// Called when the answer has been sent, or can't be: for what may end the server.
    public var whenSent: (@Sendable () async -> Void)?

    public init(status: Int, headers: [(name: String, value: String)] = [], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A text with its media type.
    public init(status: Int = 200, text: String, type: String = "text/plain; charset=utf-8") {
        self.init(status: status, headers: [("Content-Type", type)], body: .bytes(Array(text.utf8)))
    }

    /// Whether this status has no body, and no length of one (RFC 9110 §8.6).
    private var isBodiless: Bool { status == 204 || status == 304 || status < 200 }

    /// The head as it is sent (RFC 9112 §4).
    func head(framing: Framing, keepsAlive: Bool) -> String {
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        var text = "HTTP/1.1 \(status) \(phrase)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        switch (framing, body) {
        case _ where isBodiless: break
        case (_, .bytes(let bytes)): text += "Content-Length: \(bytes.count)\r\n"
        case (.chunks, .stream): text += "Transfer-Encoding: chunked\r\n"
        case (.untilEnd, .stream): break
        }
        return text + (keepsAlive ? "\r\n" : "Connection: close\r\n\r\n")
    }
}

/// How the reader of a streamed body knows where it ends.
enum Framing {
    case chunks
    /// By the end of the connection: HTTP/1.0 has no chunks.
    case untilEnd

    /// One part as it is sent (RFC 9112 §7.1).
    func frame(_ part: [UInt8]) -> ByteBuffer {
        guard self == .chunks else { return ByteBuffer(bytes: part) }
        var buffer = ByteBufferAllocator().buffer(capacity: part.count + 16)
        buffer.writeString(String(part.count, radix: 16) + "\r\n")
        buffer.writeBytes(part)
        buffer.writeString("\r\n")
        return buffer
    }

    /// What follows the last part.
    var end: ByteBuffer? { self == .chunks ? ByteBuffer(string: "0\r\n\r\n") : nil }
}
