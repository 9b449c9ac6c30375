import ControlAPI
import Platform

/// The daemon of a data directory, as commands speak to it. No command waits for it without limit.
struct Daemon: Sendable {
    /// How long it may take to answer, by default. One that works answers within milliseconds; a disk that is busy with much
    /// else has been seen to take seconds.
    static let patience = Duration.seconds(10)

    let directory: String
    let client: ControlClient
    /// How to start it, as a command line.
    let startCommand: String

    /// Sends a request, which is answered within the time or fails. The error says how to start a daemon if none is
    /// running, and what to do about one that doesn't answer.
    func ask<Value: Sendable>(
        within patience: Duration = Daemon.patience,
        _ request: @escaping @Sendable (ControlClient) async throws -> Value
    ) async throws -> Value {
        try await follow(within: patience) { client, _ in try await request(client) }
    }

    /// The same for work that goes on for a while: each sign of life, told to `Progress`, starts the time again.
    func follow<Value: Sendable>(
        within patience: Duration = Daemon.patience,
        _ request: @escaping @Sendable (ControlClient, Progress) async throws -> Value
    ) async throws -> Value {
        let progress = Progress(patience: patience)
        let answer: Value?
        do {
            answer = try await progress.bound { try await request(client, progress) }
        } catch let error as ControlError where error.code == .unreachable {
            throw isNotRunning
        }
        guard let answer else { throw doesNotAnswer }
        return answer
    }

    var isNotRunning: Failure {
        Failure(.unavailable, "Roost is not running for \(directory): start it with `\(startCommand)`.")
    }

    var doesNotAnswer: Failure {
        let advice =
            process.map {
                """
                 If it is suspended, `kill -CONT \($0)` wakes it; else end it with `kill -KILL \($0)`, which loses nothing, \
                and start it again with `\(startCommand)`.
                """
            } ?? " End it, and start it again with `\(startCommand)`."
        return Failure(
            .unavailable,
            "The daemon doesn't answer: the process for \(directory) is suspended, hangs or is too busy.\(advice)")
    }

    /// The daemon's process, according to its lock file.
    private var process: Int32? {
        guard let data = FileManager.default.contents(atPath: directory + "/lock"), data.count < 32 else { return nil }
        return Int32(String(decoding: data, as: UTF8.self).filter { !$0.isWhitespace })
    }
}
