/// Whether a network in which nobody does anything sends no more than it may.
package enum IdleBudget {
    /// Bytes a second of an average node, half an hour after it joined at the latest: some twice what is measured at 200
    /// nodes, and what 10,000 send.
    static let bytesPerSecond = 64.0
    /// Before so much of settling is over, nodes are still filling their tables.
    static let settling = Duration.seconds(1_200)

    /// Checks what was measured in the second half of settling.
    package static func violations(of measured: Double, in scenario: Scenario) -> [Violation] {
        guard scenario.settling >= settling, scenario.hidden == 0, scenario.nodes <= 10_000, measured > bytesPerSecond
        else { return [] }
        return [Violation("An idle node sends \(Int(measured)) bytes a second, and may send \(Int(bytesPerSecond)).")]
    }
}
