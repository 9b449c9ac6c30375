import Platform
import Simulation

/// Why a scenario can't be read: one sentence, which names the field.
public struct ScenarioFileError: Error, Equatable {
    public var sentence: String

    public init(_ sentence: String) { self.sentence = sentence }
}

/// Reads the members of an object one by one, and notices those that were never read.
struct Fields {
    private var members: [String: JSONValue] = [:]
    /// Where the object is: empty at the top, else such as `faults[0].stop`.
    private let path: String
    private var unknown: [String]

    init(_ value: JSONValue, at path: String) throws(ScenarioFileError) {
        guard case .object(let list) = value else {
            throw ScenarioFileError(
                path.isEmpty ? "A scenario is a JSON object." : "\(path) is an object, such as {…}.")
        }
        self.path = path
        unknown = list.map(\.name)
        for member in list { members[member.name] = member.value }
    }

    func name(of field: String) -> String { path.isEmpty ? field : "\(path).\(field)" }

    /// The field's value, nil where it was left out.
    mutating func take(_ field: String) -> JSONValue? {
        unknown.removeAll { $0 == field }
        return members[field]
    }

    /// Whether the field is null.
    mutating func isNull(_ field: String) -> Bool { take(field) == .null }

    /// To be called once all known fields were read.
    func end(_ known: String) throws(ScenarioFileError) {
        guard let field = unknown.first else { return }
        throw ScenarioFileError("\(name(of: field)) is no field of a scenario; here are \(known).")
    }

    mutating func integer<Number: FixedWidthInteger>(_ field: String) throws(ScenarioFileError) -> Number? {
        switch take(field) {
        case nil: return nil
        case .integer(let value): if let value = Number(exactly: value) { return value }
        case .unsigned(let value): if let value = Number(exactly: value) { return value }
        default: break
        }
        throw ScenarioFileError("\(name(of: field)) is a whole number from \(Number.min) to \(Number.max).")
    }

    mutating func number(_ field: String) throws(ScenarioFileError) -> Double? {
        switch take(field) {
        case nil: return nil
        case .integer(let value): return Double(value)
        case .unsigned(let value): return Double(value)
        case .number(let value): return value
        default: throw ScenarioFileError("\(name(of: field)) is a number.")
        }
    }

    mutating func duration(_ field: String) throws(ScenarioFileError) -> Duration? {
        guard let value = take(field) else { return nil }
        guard case .string(let text) = value, let duration = DurationText.parse(text) else {
            throw ScenarioFileError(
                "\(name(of: field)) is a duration such as \"90s\", \"20ms\", \"15min\", \"1h\" or \"2d\".")
        }
        return duration
    }

    mutating func bool(_ field: String) throws(ScenarioFileError) -> Bool? {
        switch take(field) {
        case nil: return nil
        case .bool(let value): return value
        default: throw ScenarioFileError("\(name(of: field)) is true or false.")
        }
    }

    mutating func string(_ field: String, such examples: String) throws(ScenarioFileError) -> String? {
        switch take(field) {
        case nil: return nil
        case .string(let value): return value
        default: throw ScenarioFileError("\(name(of: field)) is \(examples).")
        }
    }

    mutating func array(_ field: String) throws(ScenarioFileError) -> [JSONValue]? {
        switch take(field) {
        case nil: return nil
        case .array(let values): return values
        default: throw ScenarioFileError("\(name(of: field)) is a list, such as […].")
        }
    }

    /// An object of its own; nil where it was left out or is null.
    mutating func fields(_ field: String) throws(ScenarioFileError) -> Fields? {
        switch take(field) {
        case nil, .null: return nil
        case .some(let value): return try Fields(value, at: name(of: field))
        }
    }

    /// Throws where a required value is missing.
    func required<Value>(_ value: Value?, _ field: String) throws(ScenarioFileError) -> Value {
        guard let value else { throw ScenarioFileError("\(name(of: field)) is missing.") }
        return value
    }
}
