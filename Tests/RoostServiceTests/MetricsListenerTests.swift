import Foundation
import RoostService
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What a port for scrapers says, and what it bears.
@Suite struct MetricsListenerTests {
    private static let loopback = Endpoint(ipv4: 0x7f00_0001, port: 0)

    @Test func scrapersGetFiguresAndNothingElseIsThere() async throws {
        let listener = try await MetricsListener.start(at: MetricsListenerTests.loopback) { "a 1\n" }
        func ask(_ head: String) async throws -> String {
            let connection = try TCPConnection(to: listener.endpoint)
            return await connection.exchange(head)
        }
        let figures = try await ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(figures.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(figures.hasSuffix("Content-Length: 4\r\nConnection: close\r\n\r\na 1\n"))
        #expect(try await ask("GET /healthz HTTP/1.0\r\n\r\n").hasSuffix("\r\n\r\nok\n"))
        #expect(try await ask("GET /metrics?x=1 HTTP/1.1\r\n\r\n").hasSuffix("a 1\n"))
        for path in ["/v1/status", "/", "/metrics/", "*"] {
            #expect(try await ask("GET \(path) HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 404 "))
        }
        let posted = try await ask("POST /metrics HTTP/1.1\r\nContent-Length: 1\r\n\r\nx")
        #expect(posted.hasPrefix("HTTP/1.1 405 ") && posted.contains("\r\nAllow: GET, HEAD\r\n"))
        #expect(
            try await ask("HEAD /metrics HTTP/1.1\r\n\r\n").hasSuffix("Content-Length: 4\r\nConnection: close\r\n\r\n"))
        #expect(try await ask("\u{0}\u{1}\r\n\r\n").hasPrefix("HTTP/1.1 501 "))
        let long = String(repeating: "x", count: 20_000)
        #expect(try await ask("GET /metrics HTTP/1.1\r\nLong: \(long)").hasPrefix("HTTP/1.1 431 "))
        await listener.stop()
    }

    @Test func anEndedNodeHasNoFigures() async throws {
        let listener = try await MetricsListener.start(at: MetricsListenerTests.loopback) { nil }
        let connection = try TCPConnection(to: listener.endpoint)
        #expect(await connection.exchange("GET /metrics HTTP/1.1\r\n\r\n").hasPrefix("HTTP/1.1 503 "))
        await listener.stop()
    }

    @Test func whoSaysNothingCrowdsNobodyOut() async throws {
        let listener = try await MetricsListener.start(at: MetricsListenerTests.loopback) { "a 1\n" }
        let silent = try (0..<100).map { _ in try TCPConnection(to: listener.endpoint) }
        for _ in 0..<40 {
            let connection = try TCPConnection(to: listener.endpoint)
            #expect(await connection.exchange("GET /metrics HTTP/1.1\r\n\r\n").hasSuffix("a 1\n"))
        }
        // The oldest had to go.
        #expect(await silent[0].exchange("").isEmpty)
        await listener.stop()
    }

    @Test func aBusyPortIsSaidInASentence() async throws {
        let first = try await MetricsListener.start(at: MetricsListenerTests.loopback) { "" }
        let error = await #expect(throws: ServiceError.self) {
            _ = try await MetricsListener.start(at: first.endpoint) { "" }
        }
        #expect(error?.code == .portInUse)
        #expect(error?.sentence.contains("\(first.endpoint)") == true)
        await first.stop()
        // And free again.
        let second = try await MetricsListener.start(at: first.endpoint) { "" }
        await second.stop()
    }

    @Test func anAddressOfAnotherMachineIsSaidInASentence() async throws {
        let elsewhere = Endpoint(ipv4: 0xc000_0201, port: 0)
        let error = await #expect(throws: ServiceError.self) {
            _ = try await MetricsListener.start(at: elsewhere) { "" }
        }
        #expect(error?.code == .addressUnusable)
    }
}

/// A blocking connection over TCP.
private final class TCPConnection: Sendable {
    private let descriptor: CInt

    init(to endpoint: Endpoint) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = endpoint.port.bigEndian
        address.sin_addr.s_addr = (endpoint.ipv4 ?? 0).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    deinit { close(descriptor) }

    func end() { shutdown(descriptor, CInt(SHUT_RDWR)) }

    /// Says something and returns all that is said until the end.
    func exchange(_ text: String) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [descriptor] in
                let bytes = Array(text.utf8)
                #if canImport(Glibc)
                    let flags = CInt(MSG_NOSIGNAL)
                #else
                    let flags: CInt = 0
                #endif
                _ = send(descriptor, bytes, bytes.count, flags)
                var answer: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 4_096)
                while true {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    answer += buffer[..<count]
                }
                continuation.resume(returning: String(decoding: answer, as: UTF8.self))
            }
        }
    }
}
