import Basics
import CLibrary

/// `read(2)`, where `SystemCalls.read` hides it.
func systemRead(_ file: CInt, _ start: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(file, start, count)
}

/// `rename(2)`, likewise.
private func systemRename(_ path: String, _ name: String) -> CInt { rename(path, name) }

/// The operating system's C interface: only files of this name know which C library this is.
enum SystemCalls {
    /// A call failed.
    struct Failure: Error {
        let code: CInt

        /// What the system says about it, such as "Permission denied".
        var reason: String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }

        var isMissing: Bool { code == ENOENT }
        var exists: Bool { code == EEXIST }
        var isPermission: Bool { code == EACCES || code == EPERM }
        /// The disk, the quota or what a file may grow to is used up.
        var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
        var isAddressInUse: Bool { code == EADDRINUSE }
        /// No interface has the address.
        var isAddressMissing: Bool { code == EADDRNOTAVAIL }
        /// The machine has no such address family, or it is switched off.
        var isFamilyMissing: Bool { code == EAFNOSUPPORT || code == EPROTONOSUPPORT || code == EADDRNOTAVAIL }
    }

    /// Repeats an interrupted call, and throws when it returns -1.
    @discardableResult
    static func check<Result: FixedWidthInteger & SignedInteger>(_ call: () -> Result) throws(Failure) -> Result {
        while true {
            let result = call()
            if result != -1 { return result }
            if errno != EINTR { throw Failure(code: errno) }
        }
    }

    /// Seconds since 1970 by the system's civil clock; before 1970 is 1970, and after 9999 its end, so that no sum overflows.
    static func utc() -> UnixTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixTime(seconds: min(max(0, Int64(time.tv_sec)), Limits.latestTime))
    }

    /// This process.
    static var processID: Int32 { getpid() }
}

// MARK: Files

extension SystemCalls {
    enum FileKind { case directory, file, other }

    struct FileStatus {
        let kind: FileKind
        /// Permission bits.
        let mode: UInt32
        let isForeign: Bool
        /// Bytes of a file.
        let size: Int
    }

    /// What lies at `path`, or nil where nothing does. `isForeign`: it belongs to another user, and we are not root.
    static func status(_ path: String) throws(Failure) -> FileStatus? {
        var status = stat()
        do throws(Failure) {
            try check { stat(path, &status) }
        } catch {
            if error.isMissing { return nil }
            throw error
        }
        let format = status.st_mode & S_IFMT
        let kind: FileKind = format == S_IFDIR ? .directory : format == S_IFREG ? .file : .other
        let isForeign = status.st_uid != geteuid() && geteuid() != 0
        return FileStatus(
            kind: kind, mode: UInt32(status.st_mode & 0o777), isForeign: isForeign, size: Int(status.st_size))
    }

    /// Makes a directory for its owner only, unless something has the name already.
    static func makeDirectory(_ path: String) throws(Failure) {
        do throws(Failure) {
            try check { mkdir(path, 0o700) }
        } catch {
            guard error.exists else { throw error }
        }
    }

    static func setMode(_ path: String, _ mode: UInt32) throws(Failure) { try check { chmod(path, mode_t(mode)) } }

    /// The names in a directory, in no order.
    static func names(in path: String) throws(Failure) -> [String] {
        guard let directory = opendir(path) else { throw Failure(code: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The bytes of a file, at most `limit` of them. Doesn't block, even if the file is a pipe.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let file = try check { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let size = try check {
                bytes.withUnsafeMutableBytes { systemRead(file, $0.baseAddress.map { $0 + count }, limit - count) }
            }
            if size == 0 { break }
            count += size
        }
        return Array(bytes[..<count])
    }

    /// Writes a file whole or not at all, durably, readable by its owner only. Throws EEXIST where there is one already.
    ///
    /// The bytes get their name by `link`, which fails where the name is taken: of two processes that make the same file
    /// at once one wins, and the other can read what the winner wrote.
    static func createDurably(_ path: String, in directory: String, _ bytes: [UInt8]) throws(Failure) {
        let draft = try Draft(beside: path)
        try draft.append(bytes)
        try draft.finish(in: directory, replacing: false)
    }

    /// Writes a file whole or not at all, durably, readable by its owner only. Replaces what is there already, behind links: a
    /// link stays one, and nothing of the old content stays where it leads.
    static func replaceDurably(_ path: String, _ bytes: [UInt8]) throws(Failure) {
        let target = target(of: path)
        let draft = try Draft(beside: target)
        try draft.append(bytes)
        try draft.finish(in: parent(of: target), replacing: true)
    }

    /// Gives a file or directory another name.
    static func rename(_ path: String, to name: String) throws(Failure) { try check { systemRename(path, name) } }

    /// Removes a file.
    static func remove(_ path: String) throws(Failure) { try check { unlink(path) } }

    /// Removes an empty directory.
    static func removeDirectory(_ path: String) throws(Failure) { try check { rmdir(path) } }

    /// Makes the names in a directory durable.
    static func sync(_ directory: String) throws(Failure) {
        let handle = try check { open(directory, O_RDONLY | O_CLOEXEC) }
        defer { close(handle) }
        try check { fsync(handle) }
    }

    /// Opens a file, made where there is none, and locks it for this process; nil where another holds the lock.
    /// The lock ends when the descriptor is closed, or the process is gone, however it ended.
    static func lock(_ path: String) throws(Failure) -> CInt? {
        let file = try check { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        do throws(Failure) {
            try check { flock(file, LOCK_EX | LOCK_NB) }
            return file
        } catch {
            close(file)
            if error.code == EWOULDBLOCK { return nil }
            throw error
        }
    }

    /// Whether an open file is the one that has a name now; true where the system doesn't say.
    static func isFile(_ file: CInt, at path: String) -> Bool {
        var (open, named) = (stat(), stat())
        guard fstat(file, &open) == 0 else { return true }
        guard stat(path, &named) == 0 else { return errno != ENOENT }
        return open.st_dev == named.st_dev && open.st_ino == named.st_ino
    }

    /// Replaces what a locked file says.
    static func rewrite(_ file: CInt, _ text: String) {
        ftruncate(file, 0)
        _ = text.withCString { pwrite(file, $0, strlen($0), 0) }
    }

    static func closeFile(_ file: CInt) { close(file) }
}

// MARK: Names

extension SystemCalls {
    /// The addresses of a host by the system's resolver, each once, in its order. Blocks for as long as that takes.
    static func resolve(_ host: String, port: UInt16) -> [Endpoint] {
        var hints = addrinfo()
        hints.ai_socktype = datagrams
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0, let first else { return [] }
        defer { freeaddrinfo(first) }
        var endpoints: [Endpoint] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            let bytes = UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
            if let found = endpoint(ofSocketAddress: bytes) {
                let endpoint = Endpoint(high: found.high, low: found.low, port: port)
                if endpoint.isUsable, !endpoints.contains(endpoint) { endpoints.append(endpoint) }
            }
            next = entry.pointee.ai_next
        }
        return endpoints
    }
}
