import Basics
import Cryptography
import Exchange
import NodeCore
import PeerCore

/// Runs a scenario: real nodes and people on a virtual network, first whole, then with all that goes wrong, then healed.
///
///     var simulator = Simulator(scenario)
///     while simulator.advance(events: 100_000) { print(simulator.progress) }
///     print(simulator.summary())
public struct Simulator {
    public let scenario: Scenario

    /// The parts of a run.
    public enum Phase: Hashable, Sendable {
        /// Nodes join one after the other; nothing goes wrong.
        case forming
        /// What the scenario says happens: only safety is demanded.
        case running
        /// Nothing goes wrong any more, and everybody is there: all that was accepted must arrive.
        case healing
        case finished
    }

    /// How far a run is.
    public struct Progress: Sendable {
        public var phase: Phase
        /// Virtual time since the beginning, and how much there will be at most.
        public var time: Duration
        public var end: Duration
        public var events: Int
        public var nodesUp: Int
        public var accepted: Int
        public var delivered: Int
        public var lookups: Int
    }

    /// - Precondition: `scenario.problem` is nil.
    public init(_ scenario: Scenario) {
        precondition(scenario.problem == nil)
        self.scenario = scenario
    }

    /// Goes on for about so many events; false once the run has ended.
    public mutating func advance(events: Int) -> Bool { false }

    public var progress: Progress {
        Progress(
            phase: .forming, time: .zero, end: scenario.duration, events: 0, nodesUp: 0, accepted: 0, delivered: 0,
            lookups: 0)
    }

    /// What has been found so far.
    public func summary() -> Summary {
        Summary(
            scenario: scenario, traceHash: 0, time: .zero, events: 0, nodesUp: 0, nodesEver: 0, violations: [],
            unfinished: [], timeline: [], incidents: [], bucketFill: [], isFinished: true)
    }
}
