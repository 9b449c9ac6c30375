import CLibrary

/// Names a Unix socket whose path is longer than `sockaddr_un` allows.
///
/// The kernel takes 107 bytes of path (103 on Apple's systems). A socket in a deeper directory is reached on Linux through
/// the directory's file descriptor, `/proc/self/fd/N/name`; elsewhere it is refused.
final class SocketPath: Sendable {
    /// The longest path that every system takes.
    static let maximumLength = 103

    /// The path to bind or connect to, valid as long as this object lives.
    let usable: String
    private let directory: CInt?

    /// Throws `.unreachable` or `.notPermitted` where the directory can't be opened, `.badInput` where there is no way to name the socket.
    init(_ path: String) throws(ControlError) {
        guard path.utf8.count > SocketPath.maximumLength else {
            usable = path
            directory = nil
            return
        }
        #if os(Linux)
            let end = path.lastIndex(of: "/") ?? path.startIndex
            let parent = end == path.startIndex ? "/" : String(path[..<end])
            let descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw ControlError(
                    errno == EACCES ? .notPermitted : .unreachable, "\(parent) can't be opened: \(Errno.text).")
            }
            usable = "/proc/self/fd/\(descriptor)/\(path[end...].dropFirst())"
            directory = descriptor
        #else
            throw ControlError(
                .badInput,
                "The path of the socket is longer than \(SocketPath.maximumLength) bytes: choose a shorter data directory."
            )
        #endif
    }

    deinit {
        if let directory { close(directory) }
    }
}

/// The last error of the C library.
enum Errno {
    static var text: String { String(cString: strerror(errno)) }
}

/// Writing to a connection that the other end has closed must be an error of that write, not the end of the process.
enum BrokenPipe {
    /// Takes effect once, when first read.
    static let ignored: Void = { signal(SIGPIPE, SIG_IGN) }()
}
