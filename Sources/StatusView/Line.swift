/// How lines are shown: with a terminal's colours (ECMA-48, §8.3.117), or plainly.
public enum Style: Sendable {
    case plain
    case coloured

    /// Colours only if a terminal shows them and they were not switched off (no-color.org).
    public init(isTerminal: Bool, environment: [String: String]) {
        let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        self = isTerminal && !isRefused && environment["TERM"] != "dumb" ? .coloured : .plain
    }

    /// What a part of a line is.
    public enum Role: Sendable {
        case plain
        case strong
        /// Names of what follows, and what is out of date.
        case faint
        case good
        case bad
        case drawing
    }

    func show(_ text: String, as role: Role) -> String {
        let code: Int? =
            switch (self, role) {
            case (.plain, _), (_, .plain): nil
            case (_, .strong): 1
            case (_, .faint): 2
            case (_, .good): 32
            case (_, .bad): 31
            case (_, .drawing): 36
            }
        return code.map { "\u{1b}[\($0)m\(text)\u{1b}[0m" } ?? text
    }

    /// Black on white, as printed: by number from the palette of 256, of which themes change only the first 16.
    func showPrinted(_ text: String) -> String {
        self == .coloured ? "\u{1b}[38;5;16;48;5;231m\(text)\u{1b}[0m" : text
    }
}

/// One line of a page, of parts.
public struct Line: Equatable, Sendable {
    struct Part: Equatable, Sendable {
        var text: String
        var role: Style.Role
    }

    private(set) var parts: [Part] = []

    init(_ text: String = "", _ role: Style.Role = .plain) { add(text, role) }

    mutating func add(_ text: String, _ role: Style.Role = .plain) {
        if !text.isEmpty { parts.append(Part(text: text, role: role)) }
    }

    func adding(_ text: String, _ role: Style.Role = .plain) -> Line {
        var line = self
        line.add(text, role)
        return line
    }

    /// The whole line, shown as out of date.
    var faint: Line {
        var line = self
        for index in line.parts.indices { line.parts[index].role = .faint }
        return line
    }

    /// Characters in it.
    public var width: Int { parts.reduce(0) { $0 + $1.text.count } }

    /// As much of it as fits, ready to be written.
    public func text(columns: Int = .max, style: Style = .plain) -> String {
        var rest = columns
        var text = ""
        for part in parts where rest > 0 {
            let shown = String(part.text.prefix(rest))
            rest -= shown.count
            text += style.show(shown, as: part.role)
        }
        return text
    }

    /// Text broken between words, so that no line is longer than the columns unless a word is.
    static func wrap(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > columns {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}
