import CLibrary

extension SystemCalls {
    /// What tells a file or directory from any other, whatever it is called.
    struct FileNumber: Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// The file or directory that a path leads to, behind all links; nil where it leads nowhere.
    static func number(_ path: String) -> FileNumber? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return FileNumber(
            device: UInt64(truncatingIfNeeded: status.st_dev), number: UInt64(truncatingIfNeeded: status.st_ino))
    }

    /// Whether the path itself is a link, whether or not it leads anywhere.
    static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// Whether another user has laid a path's last name into a directory in which everybody may, such as `/tmp`: what the system's own
    /// `fs.protected_symlinks` guards against where links are followed by it, and not by us.
    static func isLaidByOthers(_ path: String) -> Bool {
        var (status, directory) = (stat(), stat())
        guard lstat(path, &status) == 0, status.st_uid != geteuid(), stat(parent(of: path), &directory) == 0 else {
            return false
        }
        return directory.st_mode & S_IWOTH != 0 && directory.st_uid != status.st_uid
    }

    /// How many names a file has on its disk.
    static func names(ofFile path: String) throws(Failure) -> Int {
        var status = stat()
        try check { stat(path, &status) }
        return Int(clamping: status.st_nlink)
    }

    /// A path without links, `.` and `..`; nil where it leads nowhere.
    static func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// Where a file lies that is to be replaced: behind the links that lead to it. A path that leads nowhere is itself.
    static func target(of path: String) -> String { isLink(path) ? realPath(path) ?? path : path }

    /// The directory that holds what a path names.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last name of a path.
    static func lastName(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }
}
