import Basics

/// Makes a scenario that fails smaller, for as long as it fails in the same way: fewer faults, people, nodes, messages and
/// hours, fewer features. What is left is what it takes.
///
/// It tries one change after the other, and keeps those with which the failure stays (delta debugging by hand-made steps,
/// after Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 2002).
public struct Shrinker {
    /// The most runs that one failure is given.
    public static let maximumTries = 60

    /// The smallest that fails alike, so far.
    public private(set) var scenario: Scenario
    public private(set) var failure: SwarmFailure
    public private(set) var tries = 0

    public init(_ scenario: Scenario, _ failure: SwarmFailure) {
        (self.scenario, self.failure) = (scenario, failure)
    }

    /// Shrinks until no change is left that keeps the failure, or `goesOn` says no.
    public mutating func shrink(goesOn: () -> Bool = { true }) {
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            var number = 0
            // After a change the same number names the next: what comes before has been tried.
            while number < candidates.count {
                guard tries < Shrinker.maximumTries, goesOn() else { return }
                if fails(candidates[number], goesOn) { isSmaller = true } else { number += 1 }
            }
        }
    }

    private mutating func fails(_ candidate: Scenario, _ goesOn: () -> Bool) -> Bool {
        tries += 1
        let trial = Trial(candidate, goesOn: goesOn)
        guard let found = trial.failure, found.isLike(failure) else { return false }
        (scenario, failure) = (candidate, found)
        return true
    }

    /// What is a little smaller than the present one, the largest steps first.
    private var candidates: [Scenario] {
        var made: [Scenario] = []
        func propose(_ change: (inout Scenario) -> Void) {
            var smaller = scenario
            change(&smaller)
            if smaller != scenario, smaller.problem == nil { made.append(smaller) }
        }
        if scenario.faults.count > 2 {
            propose { $0.faults = [] }
            propose { $0.faults.removeFirst($0.faults.count / 2) }
            propose { $0.faults.removeLast($0.faults.count / 2) }
        }
        // What makes all further tries quicker comes first.
        propose { $0.nodes = ($0.nodes + 1) / 2 }
        propose { $0.peers = max(2, $0.peers / 2) }
        if failure.kind == .liveness { propose { $0.healing = max($0.healing / 2, .seconds(1_800), $0.patience) } }
        propose {
            $0.duration = max($0.duration / 2, .seconds(60))
            $0.dropLateFaults()
        }
        for index in scenario.faults.indices { propose { $0.faults.remove(at: index) } }
        propose { $0.churn = nil }
        propose { $0.liars = nil }
        propose { $0.flood /= 2 }
        propose { $0.messages /= 2 }
        propose { $0.lookups = 0 }
        propose { $0.uplink = nil }
        propose { $0.hidden = 0 }
        propose { $0.nat = .portRestricted }
        propose { $0.nats = [] }
        propose { $0.households = 0 }
        propose { $0.hasBootstrapNames = true }
        propose { $0.endpoints = .everyone }
        for index in scenario.nats.indices {
            propose { $0.nats = [NATShare($0.nats[index].name, $0.nats[index].kind, 1)] }
        }
        propose { $0.link.loss = 0 }
        propose { $0.link.duplication = 0 }
        propose { ($0.cancels, $0.deletes, $0.reads) = (0, 0, 0) }
        propose { $0.hurries = false }
        propose { $0.buggifies = false }
        propose { $0.offline = 0 }
        propose { $0.link = LinkModel(loss: $0.link.loss, duplication: $0.link.duplication) }
        propose { $0.nodes = max(1, $0.nodes - 1) }
        return made
    }
}

extension Scenario {
    /// Takes out faults that would strike after its end.
    fileprivate mutating func dropLateFaults() {
        let duration = duration
        faults.removeAll { $0.at > duration }
    }
}
