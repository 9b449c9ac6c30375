import Foundation
import Simulation
import Testing

/// One history nobody has seen before, with everything at once: CI draws a new seed each time and prints it; without
/// `ROOST_SEED` it is always the same.
@Suite struct RandomSeedTests {
    @Test func aNewSeedHoldsAsWell() {
        let seed = ProcessInfo.processInfo.environment["ROOST_SEED"].flatMap { UInt64($0) } ?? 1
        print("simulation seed \(seed) (ROOST_SEED=\(seed) repeats it)")
        let scenario = SimulatorStories.small { scenario in
            scenario.seed = seed
            scenario.churn = Churn(halfLife: .seconds(1_800), law: seed % 2 == 0 ? .weibull : .exponential)
            scenario.link.loss = Double(seed % 11) / 100
            scenario.link.duplication = 0.02
            scenario.hidden = 0.1
            scenario.liars = seed % 3 == 0 ? Liars(share: 0.1) : nil
            scenario.faults = [
                Fault(at: .seconds(300), .partition(share: 0.2, lasting: .seconds(300))),
                Fault(at: .seconds(900), .crash(share: 0.2, back: .seconds(60), keepsDisk: seed % 5 != 0)),
            ]
        }
        SimulatorStories.check(SimulatorStories.run(scenario))
    }
}
