import CLibrary

/// What tells a file from what has its name later, and from itself when it was changed or its permissions were.
package struct FileVersion: Hashable, Sendable {
    private let device: UInt64
    private let number: UInt64
    private let mode: UInt32
    private let size: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    /// Of the file at a path, behind links; nil where there is none.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
        mode = UInt32(status.st_mode)
        size = Int64(status.st_size)
        #if canImport(Darwin)
            let changed = status.st_mtimespec
        #else
            let changed = status.st_mtim
        #endif
        (seconds, nanoseconds) = (Int64(changed.tv_sec), Int64(changed.tv_nsec))
    }
}
