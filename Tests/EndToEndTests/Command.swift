import Foundation
import Testing

/// The built `roost`, run as people run it.
enum Command {
    /// How a run ended, and what it wrote.
    struct Result {
        let status: Int32
        let output: String
        let errors: String

        /// Standard output's lines as JSON objects.
        func objects() throws -> [[String: Any]] {
            try output.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
        }

        /// Standard output as one JSON object.
        func object() throws -> [String: Any] {
            let objects = try objects()
            try #require(objects.count == 1, "\(output)\(errors)")
            return objects[0]
        }
    }

    /// The binary that was built beside the test bundle.
    static func binary() throws -> String {
        let bundles = [Bundle.main] + Bundle.allBundles.filter { $0.bundlePath.hasSuffix(".xctest") }
        let folders = bundles.flatMap { bundle in
            [bundle.executableURL?.deletingLastPathComponent(), bundle.bundleURL.deletingLastPathComponent()]
        }
        let candidates = folders.compactMap { $0?.appendingPathComponent("roost").path }
        return try #require(
            candidates.first { FileManager.default.isExecutableFile(atPath: $0) }, "There is no roost in \(candidates)."
        )
    }

    /// Runs a program to its end, within a minute.
    static func run(
        _ program: String? = nil, _ arguments: [String], input: Data = Data(), home: String,
        environment: [String: String] = [:]
    ) async throws -> Result {
        let running = try Running(
            program ?? binary(), arguments, input: input, home: home, environment: environment)
        let status = try await running.end(within: .seconds(60))
        return Result(status: status, output: running.output, errors: running.errors)
    }
}

/// A process whose standard streams are files, so that it never waits for us.
final class Running {
    private let process = Process()
    private let files: String

    init(
        _ program: String, _ arguments: [String], input: Data = Data(), home: String,
        environment: [String: String] = [:]
    ) throws {
        files = home + "/streams-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
        try input.write(to: URL(fileURLWithPath: files + "/input"))
        func file(_ name: String) throws -> FileHandle {
            let url = URL(fileURLWithPath: files + "/" + name)
            try Data().write(to: url)
            return try FileHandle(forWritingTo: url)
        }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ["HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin"].merging(environment) { $1 }
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: files + "/input"))
        process.standardOutput = try file("output")
        process.standardError = try file("errors")
        try process.run()
    }

    var isRunning: Bool { process.isRunning }
    var output: String { read("output") }
    var errors: String { read("errors") }

    private func read(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: files + "/" + name) ?? Data(), as: UTF8.self)
    }

    func send(signal number: Int32) {
        if process.isRunning { kill(process.processIdentifier, number) }
    }

    /// Waits for the end, and gives the exit status or, negative, the signal. What lasts longer is killed and an issue.
    @discardableResult
    func end(within patience: Duration) async throws -> Int32 {
        let inTime = try await holds(within: patience) { !self.process.isRunning }
        if !inTime {
            send(signal: SIGKILL)
            Issue.record("\(process.arguments ?? []) did not end within \(patience): \(output)\(errors)")
            process.waitUntilExit()
        }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }
}

/// Whether it comes true in time. Asks again and again.
func holds(within patience: Duration, _ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + patience
    while try await !condition() {
        if ContinuousClock.now >= deadline { return false }
        try await Task.sleep(for: .milliseconds(20))
    }
    return true
}

/// Expects that it comes true in time.
func eventually(
    within patience: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let isSo = try await holds(within: patience, condition)
    try #require(isSo, "It did not come about within \(patience).", sourceLocation: sourceLocation)
}
