import Platform

/// Reports the program's state to systemd, or to another supervisor that started it and asked for reports
/// (sd_notify(3)).
public struct ServiceManager: Sendable {
    /// The socket for reports; nil where none were asked for.
    private let socket: String?

    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        socket = environment["NOTIFY_SOCKET"]
    }

    /// The states that are reported.
    public enum State: String, Sendable {
        /// The node listens and its API answers.
        case ready = "READY=1"
        /// The program has begun to stop.
        case stopping = "STOPPING=1"
    }

    /// Sends one datagram; returns whether it was sent. Does nothing if no reports were asked for or the supervisor has
    /// gone.
    @discardableResult
    public func tell(_ state: State) -> Bool {
        guard let socket, socket.utf8.count > 1, socket.hasPrefix("/") || socket.hasPrefix("@") else { return false }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // An abstract socket has a null byte for its @, and no end but its length.
        let name = socket.hasPrefix("@") ? [0] + socket.utf8.dropFirst() : Array(socket.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard name.count < room else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = MemoryLayout<sockaddr_un>.size - room + name.count
        #if canImport(Glibc)
            let descriptor = CLibrary.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        #else
            let descriptor = CLibrary.socket(AF_UNIX, SOCK_DGRAM, 0)
        #endif
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let text = Array(state.rawValue.utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, text, text.count, 0, $0, socklen_t(length))
            }
        }
        return sent == text.count
    }
}
