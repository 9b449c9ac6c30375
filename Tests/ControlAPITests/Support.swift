import ControlAPI
import Foundation
import Testing

/// A server over a fake backend in a directory of its own, for the length of `body`.
func withServer(
    under subdirectory: String = "", limits: ControlLimits = ControlLimits(),
    _ body: (ControlClient, FakeBackend, ControlServer) async throws -> Void
) async throws {
    try await withDirectory { root in
        let directory = root + subdirectory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let backend = FakeBackend()
        let server = ControlServer(socketPath: directory + "/roost.sock", backend: backend, limits: limits)
        try await server.start()
        let client = ControlClient(socketPath: server.socketPath)
        do {
            try await body(client, backend, server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}

/// The daemon answers as it should.
func expectAnswer(_ client: ControlClient) async throws {
    let status = try await client.status()
    #expect(status == FakeBackend.status)
}

/// A new directory, which is removed afterwards.
func withDirectory(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/roost-test-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(path)
}

/// A blocking connection to a Unix socket, to say what no well-behaved client says.
struct RawConnection: ~Copyable {
    private let descriptor: CInt

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, streamType, 0)
        // An answer that never comes is one that is missing, and not the end of all tests.
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = unixAddress(path)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
    }

    deinit { close(descriptor) }

    /// Whether the other side took it.
    @discardableResult
    func send(_ text: String) async -> Bool {
        await onThread { [descriptor] in
            let bytes = Array(text.utf8)
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + sent, bytes.count - sent) }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    /// Whether the other side has closed it, be it that there is something to read.
    var hasEnded: Bool {
        var state = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&state, 1, 0) == 1 && state.revents & Int16(POLLHUP) != 0
    }

    /// Says that there is nothing more to come.
    func endSending() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// What comes first.
    func receive() async -> String {
        await onThread { [descriptor] in
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = read(descriptor, &buffer, buffer.count)
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
    }

    /// What comes until the other side closes.
    func receiveAll() async -> String {
        await onThread { [descriptor] in
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 { all += buffer[..<count] }
            return String(decoding: all, as: UTF8.self)
        }
    }
}

/// Does what blocks on a thread of its own: the server under test needs those of the concurrency runtime.
private func onThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread { continuation.resume(returning: work()) }.start()
    }
}

/// Listens, answers the first connection with some bytes when it has said something, and closes it.
func withListener(answering answer: String, _ body: (String) async throws -> Void) async throws {
    try await withDirectory { directory in
        let path = directory + "/roost.sock"
        let listener = socket(AF_UNIX, streamType, 0)
        defer { close(listener) }
        var address = unixAddress(path)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0 && listen(listener, 4) == 0)
        let thread = Thread {
            let connection = accept(listener, nil, nil)
            var buffer = [UInt8](repeating: 0, count: 4_096)
            _ = read(connection, &buffer, buffer.count)
            _ = Array(answer.utf8).withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
            close(connection)
        }
        thread.start()
        try await body(path)
    }
}

var streamType: CInt {
    #if canImport(Glibc)
        CInt(SOCK_STREAM.rawValue)
    #else
        SOCK_STREAM
    #endif
}

private func unixAddress(_ path: String) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    return address
}
