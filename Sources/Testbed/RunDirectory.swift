import Platform

/// The directory of one run, with a data directory for each of its nodes. Made below the system's temporary directory, and
/// removed at the end; what a killed run has left is removed by the next.
final class RunDirectory: Sendable {
    private static let prefix = "roost-scenario."
    /// Seconds after which a directory without a lock counts as left behind: its run has long had the time to lock it.
    private static let staleAge = 60.0

    let path: String
    /// The directory, open and locked as long as the run lives.
    private let hold: CInt

    init() throws(TestbedError) {
        // As short as can be: the path of a socket has 103 bytes.
        let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        RunDirectory.removeStale(in: parent)
        var template = Array("\(parent)/\(RunDirectory.prefix)XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw TestbedError(
                .creation, "No directory can be made in \(parent): \(String(cString: strerror(errno))). See TMPDIR.")
        }
        path = String(cString: made)
        hold = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        flock(hold, LOCK_EX | LOCK_NB)
    }

    deinit { close(hold) }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Removes directories without a lock. One of another user can't be removed, and stays.
    private static func removeStale(in parent: String) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            let path = parent + "/" + name
            let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard directory >= 0 else { continue }
            defer { close(directory) }
            guard let made = try? files.attributesOfItem(atPath: path)[.modificationDate] as? Date,
                -made.timeIntervalSinceNow > staleAge, flock(directory, LOCK_EX | LOCK_NB) == 0
            else { continue }
            try? files.removeItem(atPath: path)
        }
    }
}
