import Platform

/// A JSON value whose objects keep their order, so that what is written reads as a person would write it.
public indirect enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// What is above the largest `Int64`: seeds and hashes may be.
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// A name and its value.
    public struct Member: Equatable, Sendable {
        public var name: String
        public var value: JSONValue

        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    public init(_ value: some BinaryInteger) {
        self = Int64(exactly: value).map(JSONValue.integer) ?? .unsigned(UInt64(clamping: value))
    }

    /// Null where there is no number, or none that JSON knows.
    public init(_ value: Double?) {
        if let value, value.isFinite { self = .number(value) } else { self = .null }
    }

    public static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member($0.key, $0.value) })
    }
}

// MARK: Reading

extension JSONValue: Decodable {
    /// Nil where it is not JSON. Members of objects are in the order of their names.
    public init?(parsing data: Data) {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: data) else { return nil }
        self = value
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .unsigned(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            let members = try container.decode([String: JSONValue].self)
            self = .object(members.sorted { $0.key < $1.key }.map { Member($0.key, $0.value) })
        }
    }
}

// MARK: Writing

extension JSONValue {
    /// On one line.
    public var line: String {
        var text = ""
        write(to: &text, indentation: nil)
        return text
    }

    /// With a line for each member, for people.
    public var lines: String {
        var text = ""
        write(to: &text, indentation: 0)
        return text + "\n"
    }

    /// Short objects and arrays stay on one line.
    private static let widest = 80

    private func write(to text: inout String, indentation: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += "\(value)"
        case .unsigned(let value): text += "\(value)"
        case .number(let value): text += JSONValue.text(value)
        case .string(let value): JSONValue.write(value, to: &text)
        case .array(let values):
            write(values.map { (nil, $0) }, between: ("[", "]"), to: &text, indentation: indentation)
        case .object(let members):
            write(members.map { ($0.name, $0.value) }, between: ("{", "}"), to: &text, indentation: indentation)
        }
    }

    private func write(
        _ values: [(name: String?, value: JSONValue)], between marks: (String, String), to text: inout String,
        indentation: Int?
    ) {
        var indentation = indentation
        if let depth = indentation, depth > 0, line.utf8.count <= JSONValue.widest { indentation = nil }
        text += marks.0
        for (index, (name, value)) in values.enumerated() {
            if index > 0 { text += indentation == nil ? ", " : "," }
            if let indentation { text += "\n" + String(repeating: "  ", count: indentation + 1) }
            if let name {
                JSONValue.write(name, to: &text)
                text += ": "
            }
            value.write(to: &text, indentation: indentation.map { $0 + 1 })
        }
        if let indentation, !values.isEmpty { text += "\n" + String(repeating: "  ", count: indentation) }
        text += marks.1
    }

    /// The shortest that reads as the same number.
    private static func text(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
