import Basics
import Simulation

extension Marks {
    /// How many of all marks were reached, which were not, and which of these must be; null where none were counted.
    public var json: JSONValue {
        guard isCounting else { return .null }
        let missing = missing
        return .object([
            "reached": JSONValue(Mark.allCases.count - missing.count),
            "of": JSONValue(Mark.allCases.count),
            "missing": .array(missing.map { .string($0.name) }),
            "missingExpected": .array(missing.filter(\.isExpected).map { .string($0.name) }),
            "counts": .object(reached.map { JSONValue.Member($0.name, JSONValue(self[$0])) }),
        ])
    }

    /// The same for people: a line for each that was not reached. Empty where none were counted.
    public var text: String {
        guard isCounting else { return "" }
        let missing = missing
        var text = "\n\(Mark.allCases.count - missing.count) of \(Mark.allCases.count) marks reached"
        if missing.isEmpty { return text + ".\n" }
        text += "; not these:\n"
        let width = missing.map(\.name.count).max() ?? 0
        for mark in missing {
            let padding = String(repeating: " ", count: width - mark.name.count)
            text += "  \(mark.name)\(padding)  \(mark.rawValue)\(mark.isExpected ? " (expected)" : "")\n"
        }
        return text
    }
}
