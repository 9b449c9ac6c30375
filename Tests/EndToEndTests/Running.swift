import Foundation
import Testing

/// A process whose standard streams are files, so that it never waits for us.
///
/// Made by `posix_spawn`: Foundation's `Process` doesn't stand being used as often as these tests do.
final class Running {
    private let arguments: [String]
    private let files: String
    let process: pid_t
    /// As `waitpid` gave it, once the process has ended.
    private var waitStatus: CInt?

    init(
        _ program: String, _ arguments: [String], input: Data = Data(), home: String,
        environment: [String: String] = [:]
    ) throws {
        self.arguments = arguments
        files = home + "/streams-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
        try input.write(to: URL(fileURLWithPath: files + "/input"))
        let variables = ["HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin"].merging(environment) { $1 }
        process = try Running.spawn(program, arguments, variables.map { "\($0)=\($1)" }, files)
    }

    private static func spawn(
        _ program: String, _ arguments: [String], _ environment: [String], _ files: String
    ) throws -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, files + "/input", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, files + "/output", O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, files + "/errors", O_WRONLY | O_CREAT, 0o600)
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, program, &actions, nil, &argv, &envp)
        try #require(result == 0, "\(program) can't be started: \(String(cString: strerror(result)))")
        return process
    }

    var isRunning: Bool {
        if waitStatus == nil {
            var status: CInt = 0
            if waitpid(process, &status, WNOHANG) == process { waitStatus = status }
        }
        return waitStatus == nil
    }

    var output: String { read("output") }
    var errors: String { read("errors") }

    private func read(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: files + "/" + name) ?? Data(), as: UTF8.self)
    }

    func send(signal number: Int32) {
        if isRunning { kill(process, number) }
    }

    /// Waits for the end, and gives the exit status or, negative, the signal. What lasts longer is killed and an issue.
    @discardableResult
    func end(within patience: Duration) async throws -> Int32 {
        if try await !holds(within: patience, { !isRunning }) {
            Issue.record("\(arguments) did not end within \(patience): \(output)\(errors)")
            send(signal: SIGKILL)
            _ = try await holds(within: .seconds(10)) { !isRunning }
        }
        let status = try #require(waitStatus)
        // As in wait(2): the low seven bits name the signal, the next byte is the exit status.
        return status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    }
}
