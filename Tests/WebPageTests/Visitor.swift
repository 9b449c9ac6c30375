import ControlAPI
import Foundation
import Synchronization
import Testing
import WebPage

/// A file in memory.
final class MemoryFile: Sendable {
    private let bytes = Mutex<[UInt8]?>(nil)

    var memory: WebServer.Memory {
        WebServer.Memory(read: { self.bytes.withLock { $0 } }, write: { new in self.bytes.withLock { $0 = new } })
    }

    var text: String { bytes.withLock { String(decoding: $0 ?? [], as: UTF8.self) } }
}

/// A page's server over a stub, for the length of `body`.
func withPage(
    _ file: MemoryFile = MemoryFile(), limits: WebLimits = WebLimits(),
    _ body: (WebServer, StubBackend) async throws -> Void
) async throws {
    let (server, backend) = (WebServer(memory: file.memory, limits: limits), StubBackend())
    await server.begin(backend)
    do { try await body(server, backend) } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// A browser that says what it is told to say.
struct Visitor {
    let port: Int
    var cookie: String?
    var tab: String?

    struct Answer {
        var status: Int
        var headers: [String: [String]]
        var body: String
    }

    /// Takes the port and the token of a link.
    static func parts(_ link: WebLink) throws -> (port: Int, token: String) {
        let match = try #require(link.link.wholeMatch(of: /http:\/\/127\.0\.0\.1:([0-9]+)\/#([0-9a-f]{64})/))
        return (try #require(Int(match.1)), String(match.2))
    }

    /// Signs in by a link.
    static func signedIn(_ server: WebServer) async throws -> Visitor {
        let (port, token) = try parts(await server.link())
        var visitor = Visitor(port: port)
        let answer = try await visitor.exchange(token)
        try #require(answer.status == 201)
        let given = try #require(answer.headers["set-cookie"]?.first?.split(separator: ";").first)
        visitor.cookie = String(given)
        struct Tab: Decodable { let tab: String }
        visitor.tab = try JSONDecoder().decode(Tab.self, from: Data(answer.body.utf8)).tab
        return visitor
    }

    func exchange(_ token: String) async throws -> Answer {
        try await ask("POST", "/session", body: "{\"token\":\"\(token)\"}")
    }

    /// As the page asks; `changes` replace header fields, or take them away.
    func ask(
        _ method: String, _ path: String, _ changes: [String: String?] = [:], body: String? = nil
    ) async throws -> Answer {
        var headers: [String: String] = [
            "Host": "127.0.0.1:\(port)", "Sec-Fetch-Site": "same-origin", "Connection": "close",
        ]
        if method != "GET" { headers["Origin"] = "http://127.0.0.1:\(port)" }
        headers["Cookie"] = cookie
        headers["Roost-Tab"] = tab
        if body != nil { headers["Content-Type"] = "application/json" }
        for (name, value) in changes { headers[name] = value }
        var text = "\(method) \(path) HTTP/1.1\r\n" + headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        return try Visitor.parse(await Visitor.say(text + "\r\n" + (body ?? ""), port: port))
    }

    /// Whether anybody listens.
    static func listens(on port: Int) async -> Bool { (try? await say("", port: port, waits: false)) != nil }

    /// Says something and hears all until the other side closes, on a thread of its own.
    static func say(_ text: String, port: Int, waits: Bool = true) async throws -> String {
        struct NotConnected: Error {}
        return try await withCheckedThrowingContinuation { continuation in
            Thread {
                let descriptor = socket(AF_INET, stream, 0)
                defer { close(descriptor) }
                var patience = timeval(tv_sec: 30, tv_usec: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = UInt16(port).bigEndian
                address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
                let result = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                guard result == 0 else { return continuation.resume(throwing: NotConnected()) }
                guard waits else { return continuation.resume(returning: "") }
                let bytes = Array(text.utf8)
                _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress!, bytes.count) }
                var all: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65_536)
                // A stream that should have ended is an answer that is wrong, and not the end of all tests.
                let deadline = ContinuousClock.now + .seconds(25)
                while ContinuousClock.now < deadline, case let count = read(descriptor, &buffer, buffer.count),
                    count > 0
                {
                    all += buffer[..<count]
                }
                continuation.resume(returning: String(decoding: all, as: UTF8.self))
            }.start()
        }
    }

    #if canImport(Darwin)
        private static let stream = SOCK_STREAM
    #else
        private static let stream = CInt(SOCK_STREAM.rawValue)
    #endif

    private static func parse(_ text: String) throws -> Answer {
        let halves = text.components(separatedBy: "\r\n\r\n")
        let lines = halves[0].components(separatedBy: "\r\n")
        let status = try #require(lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }, "\(text)")
        var headers: [String: [String]] = [:]
        for line in lines.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            guard sides.count == 2 else { continue }
            headers[sides[0].lowercased(), default: []].append(sides[1].trimmingCharacters(in: .whitespaces))
        }
        return Answer(status: status, headers: headers, body: halves.dropFirst().joined(separator: "\r\n\r\n"))
    }
}
