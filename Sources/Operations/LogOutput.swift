import Logging
import Platform
import Synchronization

/// Writes what is logged to a file descriptor, each line whole.
public struct LogOutput: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level
    public var metadataProvider: Logger.MetadataProvider?

    private let format: LogFormat
    private let isJournal: Bool
    private let descriptor: CInt

    /// Lines of several threads don't mix. Holds how many were lost since the last that was written.
    private static let lost = Mutex(0)
    /// Written at once: a pipe that takes anything at all takes so much (PIPE_BUF).
    private static let piece = 4_096

    /// - Parameters:
    ///   - descriptor: Where to, by default standard error.
    ///   - environment: Says whether the journal listens there: see `Journal`.
    public init(
        format: LogFormat, level: Logger.Level, descriptor: CInt = STDERR_FILENO,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.format = format
        logLevel = level
        self.descriptor = descriptor
        isJournal = Journal.reads(descriptor, environment)
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        let line = LogLine(time: Date(), level: event.level, message: event.message.description, metadata: all)
        write(format == .json ? line.json : line.text(forJournal: isJournal))
    }

    /// A line that can't be written at once is lost: the log must not delay anything, least of all a node whose log
    /// reader has stopped. The next line that can be written says how many were lost.
    private func write(_ line: String) {
        LogOutput.lost.withLock { lost in
            if lost > 0, send("(\(lost) lines of the log were lost: whoever reads it was too slow)\n") { lost = 0 }
            if lost > 0 || !send(line + "\n") { lost += 1 }
        }
    }

    /// False where it couldn't be written, or not all of it.
    private func send(_ text: String) -> Bool {
        var bytes = ArraySlice(text.utf8)
        while !bytes.isEmpty {
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&wanted, 1, 0) == 1, wanted.revents & Int16(POLLOUT) != 0 else { return false }
            let count = bytes.prefix(LogOutput.piece).withUnsafeBytes {
                systemWrite(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }
}

/// systemd's journal.
enum Journal {
    /// Whether output to a descriptor goes to the journal. systemd names the journal by its device and inode
    /// (systemd.exec(5)): the variable is inherited even by processes whose output is then redirected elsewhere.
    static func reads(_ descriptor: CInt, _ environment: [String: String]) -> Bool {
        guard let parts = environment["JOURNAL_STREAM"]?.split(separator: ":"), parts.count == 2,
            let device = UInt64(parts[0]), let inode = UInt64(parts[1])
        else { return false }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }
}

/// `write(2)`, where `LogOutput.write` hides it.
private func systemWrite(_ file: CInt, _ start: UnsafeRawPointer?, _ count: Int) -> Int { write(file, start, count) }
