import Platform
import Synchronization

/// A child process, in a process group of its own, whose output goes to files and whose input is the runner's lifeline.
final class Child: Sendable {
    let process: pid_t
    /// As `waitpid` gave it, once the process has ended and was reaped.
    private let waitStatus = Mutex<CInt?>(nil)

    /// `input` becomes its standard input; both files are appended to.
    init(
        _ program: String, _ arguments: [String], environment: [String: String], input: CInt, output: String,
        errors: String
    ) throws(TestbedError) {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
            let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_CLOEXEC_DEFAULT
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
            let flags = CInt(POSIX_SPAWN_SETPGROUP) | CInt(POSIX_SPAWN_SETSIGDEF)
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        Child.keepDescriptors()
        // Ctrl-C at the terminal is for the runner, which ends its children itself. What the runner ignores, they don't.
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        let result = posix_spawnp(&process, program, &actions, &attributes, &argv, &envp)
        guard result == 0 else {
            throw TestbedError(.creation, "\(program) can't be started: \(String(cString: strerror(result))).")
        }
        self.process = process
    }

    /// Connections of the runner's to other nodes must not live on in a new one.
    private static func keepDescriptors() {
        #if !canImport(Darwin)
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
                if let descriptor = CInt(name), descriptor > STDERR_FILENO {
                    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                }
            }
        #endif
    }

    /// How it ended: the exit status, or the signal as a negative number; nil as long as it runs.
    var ended: Int32? {
        waitStatus.withLock { waitStatus in
            var status: CInt = 0
            if waitStatus == nil, waitpid(process, &status, WNOHANG) == process { waitStatus = status }
            // As in wait(2): the low seven bits name the signal, the next byte is the exit status.
            return waitStatus.map { $0 & 0x7f == 0 ? $0 >> 8 & 0xff : -($0 & 0x7f) }
        }
    }

    /// Sends a signal to it, as long as it is there: never to another process that got its number.
    func send(signal number: Int32) {
        guard ended == nil else { return }
        waitStatus.withLock { if $0 == nil { kill(process, number) } }
    }

    /// Waits for its end; what lasts longer is killed. Returns how it ended.
    @discardableResult
    func end(within patience: Duration) async -> Int32? {
        if await !Patience.holds(within: patience, { self.ended != nil }) {
            send(signal: SIGKILL)
            _ = await Patience.holds(within: .seconds(10)) { self.ended != nil }
        }
        return ended
    }
}
