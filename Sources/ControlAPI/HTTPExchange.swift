import FlyingSocks
import Foundation

/// One HTTP/1.1 request and its answer over a Unix socket (RFC 9112), as much of it as the control API needs. The answer's
/// body can be read as it comes, which FlyingFox's own client can't.
package final class HTTPExchange {
    /// Bytes of a header line.
    private static let maximumLine = 8_192
    /// Bytes of a body that is read whole: a full page of the inbox with every byte escaped, and more.
    private static let maximumBody = 64 << 20
    private static let maximumHeaders = 64

    package let status: Int
    private let socket: AsyncSocket
    private var buffer: [UInt8] = []
    private var start = 0
    private let length: Length

    private enum Length {
        case bytes(Int)
        case chunked
        case untilEnd
    }

    package enum Failure: Error {
        /// Nothing was sent.
        case notConnected(errno: CInt)
        /// The request was sent, at least in part; no whole answer came.
        case interrupted
        /// What answers there isn't our daemon.
        case malformed
    }

    /// Sends the request and reads the answer's head.
    package init(path: String, method: String, target: String, body: Data?) async throws {
        let socket: AsyncSocket
        do {
            socket = try await AsyncSocket.connected(to: .unix(path: path))
        } catch SocketError.failed(_, let number, _) {
            throw Failure.notConnected(errno: number)
        } catch is SocketError {
            throw Failure.notConnected(errno: ECONNREFUSED)
        }
        self.socket = socket
        var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
        do {
            try await socket.write(Data((head + "\r\n").utf8) + (body ?? Data()))
        } catch is SocketError {
            // The daemon may have answered before it read all: see what it says.
        } catch {
            try? socket.close()
            throw error
        }
        do {
            var reader = LineReader(socket: socket, limit: HTTPExchange.maximumLine)
            let parts = try await reader.line().split(separator: " ", maxSplits: 2)
            guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]) else {
                throw Failure.malformed
            }
            var length = Length.untilEnd
            var headers = 0
            while case let line = try await reader.line(), !line.isEmpty {
                headers += 1
                guard headers <= HTTPExchange.maximumHeaders else { throw Failure.malformed }
                let field = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                switch field.first?.lowercased() {
                case "content-length":
                    guard let count = field.last.flatMap({ Int($0) }), count >= 0 else { throw Failure.malformed }
                    length = .bytes(count)
                case "transfer-encoding": length = .chunked
                default: break
                }
            }
            self.status = status
            self.length = length
            buffer = reader.buffer
            start = reader.start
        } catch {
            try? socket.close()
            throw error
        }
    }

    deinit {
        try? socket.close()
    }

    /// The whole body.
    package func body() async throws -> Data {
        var body = Data()
        if case .bytes(let count) = length {
            guard count <= HTTPExchange.maximumBody else { throw Failure.malformed }
            while body.count < count { body.append(try await read(atMost: count - body.count)) }
            return body
        }
        while let part = try await part() {
            body.append(part)
            guard body.count <= HTTPExchange.maximumBody else { throw Failure.malformed }
        }
        return body
    }

    /// The next part of a body without a stated length; nil at its proper end. A chunk is a part.
    func part() async throws -> Data? {
        guard case .chunked = length else {
            do {
                return try await read(atMost: 65_536)
            } catch Failure.interrupted {
                return nil
            }
        }
        let size = try await line()
        guard let count = Int(size.prefix { $0 != ";" }, radix: 16), (0...HTTPExchange.maximumBody).contains(count)
        else {
            throw Failure.malformed
        }
        var part = Data()
        while part.count < count { part.append(try await read(atMost: count - part.count)) }
        guard try await line().isEmpty else { throw Failure.malformed }
        return count == 0 ? nil : part
    }

    private func line() async throws -> String {
        var reader = LineReader(socket: socket, limit: HTTPExchange.maximumLine, buffer: buffer, start: start)
        let line = try await reader.line()
        buffer = reader.buffer
        start = reader.start
        return line
    }

    /// At least one byte.
    private func read(atMost count: Int) async throws -> Data {
        if start == buffer.count {
            buffer = try await socket.readSome()
            start = 0
        }
        let end = min(buffer.count, start + count)
        defer { start = end }
        return Data(buffer[start..<end])
    }
}

/// Reads lines that end with CR LF, or LF alone, and keeps what it read beyond them.
private struct LineReader {
    let socket: AsyncSocket
    let limit: Int
    var buffer: [UInt8] = []
    var start = 0

    mutating func line() async throws -> String {
        while true {
            if let end = buffer[start...].firstIndex(of: 10) {
                var bytes = buffer[start..<end]
                if bytes.last == 13 { bytes.removeLast() }
                start = end + 1
                return String(decoding: bytes, as: UTF8.self)
            }
            guard buffer.count - start <= limit else { throw HTTPExchange.Failure.malformed }
            buffer = Array(buffer[start...])
            start = 0
            buffer += try await socket.readSome()
        }
    }
}

extension AsyncSocket {
    /// At least one byte; the end of the connection, however it came, is `interrupted`.
    fileprivate func readSome() async throws -> [UInt8] {
        do {
            return try await read(atMost: 65_536)
        } catch is SocketError {
            throw HTTPExchange.Failure.interrupted
        }
    }
}
