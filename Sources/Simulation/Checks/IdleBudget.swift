import Basics

/// Whether a network in which nobody does anything sends no more than it may.
package enum IdleBudget {
    /// Bytes a second of an average node: half as much again as is measured in small networks (12 at 40 nodes, 32 at 200),
    /// and what 10,000 nodes send. With hardly more nodes than a bucket holds, each refresh asks all of them: 59 at 20.
    static func bytesPerSecond(of nodes: Int, bucketSize: Int) -> Double {
        nodes < bucketSize + 5 ? 64 : min(64, 15 + 0.19 * Double(nodes))
    }
    /// Before so much of settling is over, nodes are still filling their tables.
    static let settling = Duration.seconds(1_200)

    /// Checks what was measured in the second half of settling.
    package static func violations(of measured: Double, in scenario: Scenario) -> [Violation] {
        let most = bytesPerSecond(of: scenario.nodes, bucketSize: scenario.bucketSize)
        guard scenario.settling >= settling, scenario.hidden == 0, scenario.nodes <= 10_000, measured > most else {
            return []
        }
        return [Violation("An idle node sends \(Int(measured)) bytes a second, and may send \(Int(most)).")]
    }
}
