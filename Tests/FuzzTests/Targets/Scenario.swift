import Platform
import Simulation
import SimulationReport

/// A file of a scenario: what is read, and may be run, is written so that it reads the same.
func readScenario(_ input: [UInt8]) throws(Finding) {
    guard let scenario = try? ScenarioFile.scenario(from: Data(input)) else { return }
    try expect(scenario.problem == nil, "a scenario that is read can be run")
    let again = try? ScenarioFile.scenario(from: Data(ScenarioFile.json(scenario).line.utf8))
    try expect(again == scenario, "a scenario reads as it was written")
}
