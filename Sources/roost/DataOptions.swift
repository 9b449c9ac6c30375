import ArgumentParser
import ControlAPI
import Foundation

/// Which data directory, and so which daemon and which person, a command is for.
struct DataOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The data directory (default: $ROOST_DATA or ~/.local/share/roost).", valueName: "dir"),
        completion: .directory)
    var data: String?

    /// The directory as an absolute path.
    func directory(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Failure) -> String {
        let named = [data, environment["ROOST_DATA"]].compactMap { $0 }.first { !$0.isEmpty }
        let fromXDG = environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/roost" : nil }
        let fromHome = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.local/share/roost" : nil }
        guard let path = named ?? fromXDG ?? fromHome else {
            throw Failure(
                .badConfiguration, "There is no home directory to keep the data in: name one with --data DIR.")
        }
        return URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// The socket of the directory's daemon.
    func socketPath() throws(Failure) -> String { try directory() + "/roost.sock" }

    /// Does the work with the daemon. Says how to start one where none is running.
    func withDaemon<Value>(_ work: (ControlClient) async throws -> Value) async throws -> Value {
        let client = ControlClient(socketPath: try socketPath())
        do {
            return try await work(client)
        } catch let error as ControlError where error.code == .unreachable {
            throw Failure(
                .unavailable, "Roost is not running for \(try directory()): start it with `\(try command("up"))`.")
        }
    }

    /// A command line for the same directory, to be pasted.
    func command(_ rest: String) throws(Failure) -> String {
        guard data != nil else { return "roost \(rest)" }
        let path = try directory()
        let isPlain = path.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+".contains($0)) }
        return "roost \(rest) --data \(isPlain ? path : "'" + path.replacing("'", with: "'\\''") + "'")"
    }
}

/// `--json`, of every command that has a result.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON: one object, or one object a line where many are listed.")
    var json = false
}
