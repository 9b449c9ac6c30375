import Foundation
import Testing

/// A process on a terminal of its own, which keeps all that was written to it.
final class Pseudoterminal {
    let process: pid_t
    private let master: CInt
    private var bytes: [UInt8] = []
    private var waitStatus: CInt?

    #if canImport(Darwin)
        private static let newSession: Int16 = 0x400
    #else
        private static let newSession: Int16 = 0x80
    #endif

    init(
        _ program: String, _ arguments: [String], columns: UInt16 = 80, rows: UInt16 = 24, home: String,
        environment: [String: String] = [:]
    ) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(master >= 0)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
        #if canImport(Darwin)
            try #require(grantpt(master) == 0 && unlockpt(master) == 0)
            let name = try #require(ptsname(master).map { String(cString: $0) })
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            // Swift's Glibc has neither unlockpt nor ptsname: what they do (ioctl_tty(2), TIOCSPTLCK and TIOCGPTN).
            var locked: CInt = 0
            var number: CUnsignedInt = 0
            try #require(ioctl(master, 0x4004_5431, &locked) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
            let name = "/dev/pts/\(number)"
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // The first terminal that the leader of a session opens is its own: Ctrl-C there is a signal.
        posix_spawnattr_setflags(&attributes, Pseudoterminal.newSession)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
        let variables = ["HOME": home, "PATH": "/usr/bin:/bin", "TERM": "xterm"].merging(environment) { $1 }
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        let result = posix_spawn(&process, program, &actions, &attributes, &argv, &envp)
        try #require(result == 0, "\(program) can't be started: \(String(cString: strerror(result)))")
        self.process = process
    }

    deinit {
        if isRunning {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        close(master)
    }

    var isRunning: Bool {
        if waitStatus == nil {
            var status: CInt = 0
            if waitpid(process, &status, WNOHANG) == process { waitStatus = status }
        }
        return waitStatus == nil
    }

    /// All that was written so far.
    var output: String {
        readOn()
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads what there is. Returns whether more may come: the system hands over what was written some time later, also
    /// after the process has ended.
    @discardableResult
    private func readOn() -> Bool {
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(master, &part, part.count)
            guard count > 0 else { return count < 0 && errno == EAGAIN }
            bytes += part[..<count]
        }
    }

    /// What was drawn last, since the cursor was last brought to the top.
    var screen: String { output.components(separatedBy: "\u{1b}[H").last ?? "" }

    func type(_ text: String) { _ = write(master, text, text.utf8.count) }

    func resize(columns: UInt16, rows: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// Whether typed text appears, and is handed over by lines: as it was before.
    var echoes: Bool {
        var modes = termios()
        return tcgetattr(master, &modes) == 0 && modes.c_lflag & tcflag_t(ECHO) != 0
            && modes.c_lflag & tcflag_t(ICANON) != 0
    }

    /// Waits until the process has ended and all its output is read. The exit status or, negative, the signal.
    func end() async throws -> Int32 {
        try await eventually(within: .seconds(10)) { !isRunning && !readOn() }
        let status = try #require(waitStatus)
        return status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    }
}
