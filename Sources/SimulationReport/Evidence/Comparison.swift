import Platform

/// Two runs side by side: where their scenarios differ, and what each found.
public struct Comparison: Sendable {
    private let first: JSONValue
    private let second: JSONValue

    /// Of the JSON of two runs, as `roost sim` prints and reports it.
    public init(_ first: JSONValue, _ second: JSONValue) {
        (self.first, self.second) = (first, second)
    }

    /// Whether a JSON value is that of a run.
    public static func isRun(_ value: JSONValue) -> Bool {
        guard case .string? = value[["verdict"]], case .object? = value[["scenario"]] else { return false }
        return true
    }

    /// The table: a head, the fields of the scenario that differ, and the figures that at least one of the two measured.
    public func rows(_ names: (first: String, second: String)) -> [[String]] {
        var rows = [["", names.first, names.second, "change"]]
        rows.append(["verdict", Comparison.text(first[["verdict"]]), Comparison.text(second[["verdict"]]), ""])
        for field in fields {
            rows.append([field.path, Comparison.text(field.first), Comparison.text(field.second), ""])
        }
        for figure in Figure.all {
            let (before, after) = (figure.value(in: first), figure.value(in: second))
            guard before != nil || after != nil else { continue }
            rows.append([
                figure.name, before.map(figure.text) ?? "–", after.map(figure.text) ?? "–",
                Comparison.change(from: before, to: after, figure.unit),
            ])
        }
        return rows
    }

    public var json: JSONValue {
        .object([
            "a": Comparison.head(first), "b": Comparison.head(second),
            "scenario": .array(
                fields.map {
                    .object(["field": .string($0.path), "a": $0.first ?? .null, "b": $0.second ?? .null])
                }),
            "figures": .array(
                Figure.all.compactMap { figure in
                    let (before, after) = (figure.value(in: first), figure.value(in: second))
                    guard before != nil || after != nil else { return nil }
                    return .object([
                        "figure": .string(figure.id), "a": JSONValue(before), "b": JSONValue(after),
                        "ratio": JSONValue(Comparison.ratio(from: before, to: after)),
                    ])
                }),
        ])
    }

    private static func head(_ run: JSONValue) -> JSONValue {
        .object(["seed", "traceHash", "verdict"].map { .init($0, run[[$0]] ?? .null) })
    }

    // MARK: Fields that differ

    private struct Field {
        let path: String
        let first: JSONValue?
        let second: JSONValue?
    }

    private var fields: [Field] { Comparison.differences(first[["scenario"]], second[["scenario"]], at: "") }

    private static func differences(_ first: JSONValue?, _ second: JSONValue?, at path: String) -> [Field] {
        guard first != second else { return [] }
        guard case .object(let before)? = first, case .object(let after)? = second else {
            return [Field(path: path, first: first, second: second)]
        }
        var names = before.map(\.name)
        names += after.map(\.name).filter { !names.contains($0) }
        return names.flatMap { name in
            differences(
                before.first { $0.name == name }?.value, after.first { $0.name == name }?.value,
                at: path.isEmpty ? name : "\(path).\(name)")
        }
    }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null?: "–"
        case .string(let text)?: text
        case .some(let value): value.line
        }
    }

    // MARK: Changes

    private static func ratio(from before: Double?, to after: Double?) -> Double? {
        guard let before, let after, before != 0 else { return nil }
        return after / before
    }

    /// Of shares the difference in percentage points, of other figures how much more or less it is.
    private static func change(from before: Double?, to after: Double?, _ unit: Figure.Unit) -> String {
        guard let before, let after else { return "" }
        guard before != after else { return "same" }
        if unit == .share { return signed(100 * (after - before)) + " points" }
        guard let ratio = ratio(from: before, to: after) else { return "" }
        return ratio > 10 ? "× \(Readable.number(ratio))" : signed(100 * (ratio - 1)) + " %"
    }

    private static func signed(_ value: Double) -> String {
        (value < 0 ? "−" : "+") + Readable.number(abs(value))
    }
}
