import Platform
import Simulation
import SimulationReport

/// Whether there is memory for a simulation.
enum SimMemory {
    /// A rough estimate, of the whole process (100,000 nodes: 12.7 GB; 10,000 nodes and 1,000 people: 1.5 GB): what a node
    /// takes depends on how many others it has spoken to lately.
    static let bytesPerNode = 140 << 10
    /// The same where nobody joins: nodes speak to fewer others.
    static let bytesPerSettledNode = 40 << 10
    static let bytesPerPerson = 300 << 10

    static func needed(for scenario: Scenario) -> Int {
        scenario.nodes * (scenario.isSettled ? bytesPerSettledNode : bytesPerNode) + scenario.peers * bytesPerPerson
    }

    /// Fails where there is not enough, and says both numbers. Continues where the system doesn't tell.
    static func check(_ scenario: Scenario) throws(Failure) {
        guard let available = available(), needed(for: scenario) > available else { return }
        throw Failure(
            .usage,
            "\(Readable.plural(scenario.nodes, "node")) and \(Readable.plural(scenario.peers, "person", "people")) take about "
                + "\(Readable.bytes(Double(needed(for: scenario)))) of memory, and \(Readable.bytes(Double(available))) are "
                + "available: take fewer, or --force it.")
    }

    /// The same of several runs, the largest of which may be under way together.
    static func check(_ scenarios: [Scenario], atOnce count: Int) throws(Failure) {
        guard let largest = scenarios.max(by: { needed(for: $0) < needed(for: $1) }), let available = available(),
            needed(for: largest) * count > available
        else { return }
        throw Failure(
            .usage,
            "\(Readable.plural(count, "run")) at a time take about \(Readable.bytes(Double(needed(for: largest) * count))) of "
                + "memory, and \(Readable.bytes(Double(available))) are available: take fewer --threads, or --force it."
        )
    }

    /// Linux only.
    static func available() -> Int? { kibibytes("MemAvailable:", in: "/proc/meminfo") }

    /// What this process occupies.
    static var resident: Int? { kibibytes("VmRSS:", in: "/proc/self/status") }

    private static func kibibytes(_ name: String, in path: String) -> Int? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
            let number = line.split(whereSeparator: \.isWhitespace).dropFirst().first
        else { return nil }
        return Int(number).map { $0 << 10 }
    }
}
