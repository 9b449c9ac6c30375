#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a migration does with files and directories.
extension SystemCalls {
    /// Copies a file durably, readable by its owner only, in the place of whatever has the name.
    static func copy(_ path: String, to name: String) throws(Failure) {
        let source = try check { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        defer { close(source) }
        let target = try check { open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) }
        defer { close(target) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try check { systemRead(source, buffer.baseAddress, buffer.count) }
            if count == 0 { break }
            var written = 0
            while written < count {
                written += try check { write(target, buffer.baseAddress.map { $0 + written }, count - written) }
            }
        }
        try check { fsync(target) }
    }

    /// Removes what lies at `path`, with all that is in it; nothing is no error.
    static func removeTree(_ path: String) throws(Failure) {
        do throws(Failure) {
            guard try isDirectory(path) else { return try remove(path) }
            for name in try names(in: path) { try removeTree("\(path)/\(name)") }
            try check { rmdir(path) }
        } catch {
            guard error.isMissing else { throw error }
        }
    }

    /// Makes a directory durable, with all that is in it.
    static func syncTree(_ path: String) throws(Failure) {
        if try isDirectory(path) {
            for name in try names(in: path) { try syncTree("\(path)/\(name)") }
        }
        try sync(path)
    }

    /// Whether a directory itself lies at `path`, rather than a link to one.
    private static func isDirectory(_ path: String) throws(Failure) -> Bool {
        var status = stat()
        try check { lstat(path, &status) }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    /// Bytes that we may still write to the disk on which `path` lies.
    static func freeBytes(on path: String) throws(Failure) -> Int {
        var status = statvfs()
        try check { statvfs(path, &status) }
        let (bytes, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
        return overflow ? .max : bytes
    }
}
