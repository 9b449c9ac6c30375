import Platform
import Simulation

/// One scenario with several values of one field, each run with the same seeds: what the field changes, and how sure that is.
public struct Sweep: Sendable {
    /// The dotted path of the field, such as `link.loss`.
    public let field: String
    /// The values as they were given.
    public let values: [String]
    /// The seeds that each value is run with.
    public let seeds: [UInt64]
    /// What is run: all seeds of the first value, then of the next.
    public let scenarios: [Scenario]

    /// The most runs of a sweep: beyond it a table is no longer read.
    public static let maximumRuns = 10_000

    /// Reads `FIELD=A,B,C`. The field is one of a scenario file, or the end of its path, if only one has it; a name may be
    /// written as an option is (`half-life`).
    public init(_ text: String, of base: Scenario, seeds count: Int) throws(ScenarioFileError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let values = parts.last?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
        guard parts.count == 2, !parts[0].isEmpty, !values.contains("") else {
            throw ScenarioFileError("A sweep is a field and its values, such as loss=0,0.1,0.3.")
        }
        guard Set(values).count == values.count else {
            throw ScenarioFileError("A sweep has each value once: \(text) repeats one.")
        }
        guard count >= 1, count <= Sweep.maximumRuns / values.count else {
            throw ScenarioFileError("A sweep has 1 to \(Sweep.maximumRuns) runs.")
        }
        let path = try Sweep.path(of: String(parts[0]))
        let seeds = (0..<UInt64(count)).map { base.seed &+ $0 }
        var scenarios: [Scenario] = []
        for value in values {
            var scenario = try ScenarioFile.scenario(base, with: Sweep.json(value), at: path)
            for seed in seeds {
                scenario.seed = seed
                scenarios.append(scenario)
            }
        }
        (field, self.values, self.seeds, self.scenarios) = (path.joined(separator: "."), values, seeds, scenarios)
    }

    /// A number, true, false or null; else a text, as durations are.
    private static func json(_ value: String) -> JSONValue { JSONValue(parsing: Data(value.utf8)) ?? .string(value) }

    // MARK: Fields

    /// Fields of objects that a scenario may be without.
    private static let optional = [["churn", "halfLife"], ["churn", "law"], ["liars", "share"]]
    /// Fields that no single value stands for, and the seed, which each value is run with several of.
    private static let excluded: Set<String> = ["seed", "faults", "churn", "liars", "link"]

    private static var paths: [[String]] {
        guard case .object(let members) = ScenarioFile.json(Scenario()) else { return [] }
        var paths = members.map(\.name).filter { !excluded.contains($0) }.map { [$0] }
        for member in members {
            guard case .object(let nested) = member.value else { continue }
            paths += nested.map { [member.name, $0.name] }
        }
        return paths + optional
    }

    private static func path(of name: String) throws(ScenarioFileError) -> [String] {
        let wanted = camelCase(name).split(separator: ".").map(String.init)
        if let path = paths.first(where: { $0 == wanted }) { return path }
        let ending = paths.filter { $0.last == wanted.last && wanted.count == 1 }
        guard ending.count == 1 else {
            let all = paths.map { $0.joined(separator: ".") }.joined(separator: ", ")
            throw ScenarioFileError("There is no field “\(name)” to sweep: there are \(all).")
        }
        return ending[0]
    }

    /// `halfLife` of `half-life`.
    private static func camelCase(_ name: String) -> String {
        let words = name.split(separator: "-")
        guard let first = words.first else { return name }
        return words.dropFirst().reduce(String(first)) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}

extension ScenarioFile {
    /// A scenario with another value of one field.
    static func scenario(
        _ base: Scenario, with value: JSONValue, at path: [String]
    ) throws(ScenarioFileError) -> Scenario {
        let changed = ScenarioFile.json(base).replacing(path[...], with: value)
        return try scenario(from: Data(changed.line.utf8))
    }
}

extension JSONValue {
    /// The same with another value at a path; objects that are missing on the way are made.
    fileprivate func replacing(_ path: ArraySlice<String>, with value: JSONValue) -> JSONValue {
        guard let name = path.first else { return value }
        var members: [Member] = []
        if case .object(let own) = self { members = own }
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].value = members[index].value.replacing(path.dropFirst(), with: value)
        } else {
            members.append(Member(name, JSONValue.null.replacing(path.dropFirst(), with: value)))
        }
        return .object(members)
    }
}
