import Logging
import Platform

/// How a line of the log looks.
public enum LogFormat: String, CaseIterable, Sendable {
    /// For people: `2026-11-21T12:00:00Z notice: The node has joined the network (contacts: 12)`.
    case text
    /// For programs: one JSON object a line, with `time`, `level`, `message` and, where there is any, `metadata`.
    case json
}

enum LogLevels {
    static let names = Logger.Level.allCases.map(\.rawValue)
}

/// One line of the log, without its end.
public struct LogLine {
    let time: Date
    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata

    public init(time: Date, level: Logger.Level, message: String, metadata: Logger.Metadata = [:]) {
        self.time = time
        self.level = level
        self.message = message
        self.metadata = metadata
    }

    /// For people. The journal keeps times itself, and takes the level from the number in front (sd-daemon(3)).
    public func text(forJournal: Bool = false) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let details = pairs.isEmpty ? "" : " (\(pairs.joined(separator: ", ")))"
        let start = forJournal ? "<\(level.syslogNumber)>" : "\(time.formatted(.iso8601)) \(level.rawValue): "
        return start + LogLine.onOneLine(message + details)
    }

    /// For programs. Metadata's texts stay texts, its lists and dictionaries what they are.
    public var json: String {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        var fields = [
            "\"time\":\"\(time.formatted(style))\"", "\"level\":\"\(level.rawValue)\"",
            "\"message\":\(LogLine.quoted(message))",
        ]
        if !metadata.isEmpty { fields.append("\"metadata\":\(LogLine.json(metadata))") }
        return "{\(fields.joined(separator: ","))}"
    }

    private static func json(_ metadata: Logger.Metadata) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(json($0.value))" }
        return "{\(pairs.joined(separator: ","))}"
    }

    private static func json(_ value: Logger.Metadata.Value) -> String {
        switch value {
        case .dictionary(let metadata): json(metadata)
        case .array(let values): "[\(values.map(json).joined(separator: ","))]"
        case .string, .stringConvertible: quoted(value.description)
        }
    }

    /// A JSON string (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                result += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Nothing that is logged can begin a line of its own or talk to the terminal.
    private static func onOneLine(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: result += scalar == "\n" ? "\\n" : "�"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Logger.Level {
    /// As in syslog(3).
    var syslogNumber: Int {
        switch self {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
