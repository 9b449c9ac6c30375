import ControlAPI
import Platform

/// A command of the person's, run once for each message. The text comes on its standard input alone: arguments and variables of a
/// process are there for others on this machine to see.
struct MessageHook: Sendable {
    /// What `/bin/sh -c` runs.
    let command: String
    /// Known to it as `ROOST_DATA`, so that it can answer.
    let directory: String

    /// More descriptors than this program ever has open.
    private static let descriptors: Int32 = 1_024

    /// How a command ended.
    enum End: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// Makes it possible to learn how commands end, also where this program was started with SIGCHLD ignored.
    static func prepare() { signal(SIGCHLD, SIG_DFL) }

    /// Runs it and returns how it ended. It is told whose message it is, and which.
    func run(_ message: ReceivedMessage, name: String?) throws(Failure) -> End {
        var environment = ProcessInfo.processInfo.environment
        // What opens the keys is for no other program.
        environment["ROOST_PASSPHRASE"] = nil
        environment["ROOST_DATA"] = directory
        environment["ROOST_MESSAGE"] = message.message
        environment["ROOST_FROM"] = message.from
        environment["ROOST_NAME"] = name
        environment["ROOST_SENT_AT"] = message.sentAt.formatted(.iso8601)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw cannotRun(errno) }
        // A command that leaves something running must not hold connections to the daemon open with it.
        for descriptor in STDERR_FILENO + 1..<MessageHook.descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        let process: pid_t
        do throws(Failure) {
            defer { close(ends[0]) }
            process = try start(input: ends[0], environment)
        } catch {
            close(ends[1])
            throw error
        }
        // One that doesn't read to the end has seen what it wanted.
        try? StandardStreams.write(message.text.utf8, to: ends[1])
        close(ends[1])
        return try end(of: process)
    }

    private func end(of process: pid_t) throws(Failure) -> End {
        var status: CInt = 0
        while waitpid(process, &status, 0) != process {
            guard errno == EINTR else { throw cannotRun(errno) }
        }
        return status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signalled(status & 0x7f)
    }

    private func start(input: Int32, _ environment: [String: String]) throws(Failure) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        // This program ignores some signals, and the threads of its tasks block most: a command counts on all of them.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))
        let arguments = ["/bin/sh", "-c", command]
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, "/bin/sh", &actions, &attributes, &argv, &envp)
        guard result == 0 else { throw cannotRun(result) }
        return process
    }

    private func cannotRun(_ number: Int32) -> Failure {
        Failure(.inputOutput, "The command of --exec can't be run: \(String(cString: strerror(number))).")
    }
}
