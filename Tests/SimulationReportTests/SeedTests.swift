import Foundation
import Simulation
import SimulationReport
import Testing

/// Scenarios that once showed a fault, kept under names that say which: each holds, and always will. They are never drawn anew.
@Suite struct SeedTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/seeds")

    private static let names: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: directory.path(percentEncoded: false))
        return (names ?? []).filter { $0.hasSuffix(".json") }.sorted()
    }()

    @Test func someAreKept() { #expect(!SeedTests.names.isEmpty) }

    @Test(arguments: names)
    func whatOnceFailedHolds(name: String) throws {
        let scenario = try ScenarioFile.scenario(from: Data(contentsOf: SeedTests.directory.appending(path: name)))
        let trial = Trial(scenario)
        #expect(trial.isFinished)
        if let violation = trial.failure?.violation {
            Issue.record("\(name): \(violation.sentence)\n\(violation.trace.joined(separator: "\n"))")
        }
    }
}
