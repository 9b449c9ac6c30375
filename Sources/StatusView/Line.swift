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
        if text.isEmpty { return "" }
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

/// One line of a page, of parts. What is added is safe to show already.
public struct Line: Equatable, Sendable {
    struct Part: Equatable, Sendable {
        var text: String
        var role: Style.Role
    }

    private(set) var parts: [Part] = []

    public init(_ text: String = "", _ role: Style.Role = .plain) { add(text, role) }

    public mutating func add(_ text: String, _ role: Style.Role = .plain) {
        if !text.isEmpty { parts.append(Part(text: text, role: role)) }
    }

    public mutating func add(_ line: Line) { parts += line.parts }

    public func adding(_ text: String, _ role: Style.Role = .plain) -> Line {
        var line = self
        line.add(text, role)
        return line
    }

    /// The whole line, shown as out of date.
    public var faint: Line {
        var line = self
        for index in line.parts.indices { line.parts[index].role = .faint }
        return line
    }

    /// Cells that it takes.
    public var width: Int { parts.reduce(0) { $0 + Cells.width($1.text) } }

    /// Exactly so many cells of it: cut off, or filled up with blanks.
    public func filled(to columns: Int) -> Line {
        var line = Line()
        var rest = columns
        for part in parts where rest > 0 {
            let (text, width, isWhole) = Cells.prefix(part.text, columns: rest)
            rest -= width
            line.add(text, part.role)
            guard isWhole else { break }
        }
        line.add(String(repeating: " ", count: max(0, rest)))
        return line
    }

    /// As much of it as fits, ready to be written.
    public func text(columns: Int = .max, style: Style = .plain) -> String {
        var rest = columns
        var text = ""
        for part in parts where rest > 0 {
            let (shown, width, isWhole) = Cells.prefix(part.text, columns: rest)
            rest -= width
            text += style.show(shown, as: part.role)
            guard isWhole else { break }
        }
        return text
    }

    /// The same for a screen, from its first column on: what follows characters on whose width terminals don't agree is placed
    /// (ECMA-48, CHA). So a terminal that gives them another one shifts nothing else.
    public func placed(columns: Int, style: Style) -> String {
        var column = 0
        var isCertain = true
        var text = ""
        for part in parts {
            var run = ""
            for character in part.text {
                let next = Cells.shown(character)
                guard column + next.width <= columns else { return text + style.show(run, as: part.role) }
                if !isCertain {
                    text += style.show(run, as: part.role) + "\u{1b}[\(column + 1)G"
                    run = ""
                }
                run += next.text
                column += next.width
                isCertain = next.isCertain
            }
            text += style.show(run, as: part.role)
            // Also drawing characters and accents are wide on some terminals of East Asia.
            isCertain = isCertain && part.text.utf8.allSatisfy { $0 < 128 }
        }
        return text
    }

    /// Text broken between words, so that no line is longer than the columns unless a word is.
    public static func wrap(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, Cells.width(line) + 1 + Cells.width(String(word)) > columns {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}
