import CLibrary

/// The three standard streams. A program may be started with some of them closed.
enum StandardStreams {
    /// Ensures that descriptors 0 to 2 are taken, and that writing to a closed pipe, or beyond what a file may grow to, is an error.
    /// To be called before anything is opened.
    ///
    /// Otherwise a file or socket that is opened while one of them is closed would get its number, and output for
    /// people would be written into it. The replacement of a closed stream can't be used, so that using it still fails
    /// as it should.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is this one, as those below it are taken.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Why something could not be written.
    enum WriteError: Error {
        /// The reader has gone, or there never was one.
        case nobodyReads
        case failed(errno: CInt)
    }

    /// Writes all of it. Waits for a reader that is slow.
    static func write(_ bytes: some Collection<UInt8>, to descriptor: CInt) throws(WriteError) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Another program has set the terminal or the pipe to non-blocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, -1)
            case EPIPE, EBADF: throw .nobodyReads
            default: throw .failed(errno: errno)
            }
        }
    }

    private static func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        CLibrary.write(descriptor, bytes, count)
    }

    /// Reads standard input up to its end, or up to `limit` bytes when there are more.
    static func readInput(atMost limit: Int) throws(Failure) -> [UInt8] {
        guard let bytes = readAll(STDIN_FILENO, atMost: limit) else {
            throw Failure(.inputOutput, "Standard input can't be read: \(String(cString: strerror(errno))).")
        }
        return bytes
    }

    /// The bytes of a file up to its end, or up to `limit` when there are more; nil where they can't be read.
    static func readFile(_ path: String, atMost limit: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return readAll(descriptor, atMost: limit)
    }

    private static func readAll(_ descriptor: CInt, atMost limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            let count = read(descriptor, &buffer, min(buffer.count, limit - bytes.count))
            if count == 0 { break }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno != EINTR {
                return nil
            }
        }
        return bytes
    }
}
