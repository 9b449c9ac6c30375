import ControlAPI
import Foundation
import Testing

/// The API over TCP: who is answered, and who isn't.
@Suite struct ControlPortTests {
    private static let token = String(repeating: "0123456789abcdef", count: 4)
    private static let bearer = "Bearer \(token)"

    private func withPort(_ body: (Int, FakeBackend) async throws -> Void) async throws {
        let backend = FakeBackend()
        let port = try await ControlPort.start(
            host: "127.0.0.1", port: 0, token: ControlPortTests.token, backend: backend)
        do { try await body(port.port, backend) } catch {
            await port.stop()
            throw error
        }
        await port.stop()
    }

    /// Status, and all that was said.
    private func ask(
        _ port: Int, _ line: String = "GET /v1/status", headers: [(String, String)]
    ) async throws -> (status: Int, text: String) {
        var request = "\(line) HTTP/1.1\r\nConnection: close\r\n"
        for (name, value) in headers { request += "\(name): \(value)\r\n" }
        let answer = try await Loopback.say(request + "\r\n", port: port)
        return (Int(answer.split(separator: " ").dropFirst().first ?? "") ?? 0, answer)
    }

    @Test(arguments: ["127.0.0.1", "localhost", "LOCALHOST", "localhost:1", "127.0.0.1:0"])
    func whoShowsTheTokenIsAnswered(host: String) async throws {
        try await withPort { port, _ in
            let answer = try await ask(port, headers: [("Host", host), ("Authorization", ControlPortTests.bearer)])
            #expect(answer.status == 200 && answer.text.contains("\"uptimeSeconds\""), "\(answer.text)")
        }
    }

    /// A page's own name that leads here, and whatever else isn't the loopback's.
    @Test(arguments: [
        ["evil.example"], ["evil.example:80"], ["127.0.0.1.evil.example"], ["localhost.evil.example"], [""], [],
        ["localhost", "evil.example"], ["[::1]"], ["roost"], ["127.0.0.1@evil.example"],
    ])
    func otherNamesAreRefused(hosts: [String]) async throws {
        try await withPort { port, _ in
            let headers = hosts.map { ("Host", $0) } + [("Authorization", ControlPortTests.bearer)]
            let answer = try await ask(port, headers: headers)
            // HTTP/1.1 asks for one Host itself.
            #expect([400, 421].contains(answer.status) && !answer.text.contains("uptimeSeconds"), "\(answer.text)")
        }
    }

    @Test(arguments: [
        ("Origin", "http://127.0.0.1:80"), ("Origin", "null"), ("Origin", ""), ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Site", "none"),
    ])
    func browsersAreRefusedWhateverTheyShow(name: String, value: String) async throws {
        try await withPort { port, backend in
            for token in [ControlPortTests.bearer, "Bearer x"] {
                let answer = try await ask(
                    port, "POST /v1/shutdown",
                    headers: [("Host", "127.0.0.1"), (name, value), ("Authorization", token)])
                #expect(answer.status == 403 && answer.text.contains("roost web"), "\(answer.text)")
            }
            #expect(await !backend.isShutDown)
        }
    }

    @Test(arguments: [
        [], ["Bearer"], ["Bearer "], ["Bearer 0"], ["Basic \(token)"], [token], ["Bearer  \(token)"],
        ["Bearer \(token)0"], ["Bearer \(token.dropLast())"], ["Bearer \(token.dropLast())e"],
        ["Bearer \(token.uppercased())"], [bearer, bearer],
    ])
    func withoutTheTokenNothingIsDone(fields: [String]) async throws {
        try await withPort { port, backend in
            for path in ["GET /v1/status", "POST /v1/shutdown", "GET /healthz", "GET /metrics", "GET /nothing"] {
                let answer = try await ask(
                    port, path, headers: [("Host", "127.0.0.1")] + fields.map { ("Authorization", $0) })
                #expect(answer.status == 401 && answer.text.contains("WWW-Authenticate: Bearer"), "\(answer.text)")
                #expect(answer.text.contains("\"not_permitted\"") && answer.text.contains("api-token"))
            }
            #expect(await !backend.isShutDown)
        }
    }

    @Test func whereThePortIsTakenOneSentenceSaysSo() async throws {
        try await withPort { port, backend in
            let error = await #expect(throws: ControlError.self) {
                try await ControlPort.start(host: "127.0.0.1", port: port, token: "x", backend: backend)
            }
            #expect(error?.message.contains("127.0.0.1:\(port)") == true && error?.message.hasSuffix(".") == true)
        }
    }
}

/// A connection over TCP, to say what no well-behaved client says.
enum Loopback {
    struct NotConnected: Error {}

    /// Says something and hears all until the other side closes, on a thread of its own.
    static func say(_ text: String, port: Int) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread {
                let descriptor = socket(AF_INET, streamType, 0)
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
                let bytes = Array(text.utf8)
                _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress!, bytes.count) }
                var all: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65_536)
                while case let count = read(descriptor, &buffer, buffer.count), count > 0 { all += buffer[..<count] }
                continuation.resume(returning: String(decoding: all, as: UTF8.self))
            }.start()
        }
    }
}
