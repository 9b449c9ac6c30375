import Foundation
import Operations
import Testing

/// A real datagram socket in systemd's place.
@Suite struct ServiceManagerTests {
    /// A socket bound to a name, as sd_notify(3) writes it.
    private final class Listener {
        let descriptor: CInt

        init(_ name: String) throws {
            #if canImport(Glibc)
                descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
            #else
                descriptor = socket(AF_UNIX, SOCK_DGRAM, 0)
            #endif
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = name.hasPrefix("@") ? [0] + name.utf8.dropFirst() : Array(name.utf8)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let length = MemoryLayout<sa_family_t>.size + bytes.count
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(length))
                }
            }
            try #require(result == 0)
        }

        deinit { close(descriptor) }

        /// What has arrived; nil where nothing has.
        func receive() -> String? {
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = recv(descriptor, &bytes, bytes.count, CInt(MSG_DONTWAIT))
            return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    @Test func aSocketInTheFileSystemIsTold() throws {
        let scratch = Scratch()
        let listener = try Listener(scratch.file("notify"))
        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": scratch.file("notify")])
        let ready = manager.tell(.ready)
        #expect(ready && listener.receive() == "READY=1" && listener.receive() == nil)
        let stopping = manager.tell(.stopping)
        #expect(stopping && listener.receive() == "STOPPING=1")
    }

    #if os(Linux)
        @Test func anAbstractSocketIsTold() throws {
            let name = "@roost-test-\(UUID().uuidString)"
            let listener = try Listener(name)
            let isTold = ServiceManager(environment: ["NOTIFY_SOCKET": name]).tell(.ready)
            #expect(isTold && listener.receive() == "READY=1")
        }
    #endif

    @Test func nobodyIsToldWhereNobodyAsked() {
        let scratch = Scratch()
        for socket in [
            nil, "", "/", "@", "relative", "vsock:2:1234", scratch.file("gone"),
            "/" + String(repeating: "x", count: 200),
        ] {
            let manager = ServiceManager(environment: socket.map { ["NOTIFY_SOCKET": $0] } ?? [:])
            let isTold = manager.tell(.ready)
            #expect(!isTold)
        }
    }
}
