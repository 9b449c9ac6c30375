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
