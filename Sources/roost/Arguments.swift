import ArgumentParser
import Operations
import Platform
import StatusView

/// Checks the arguments, and variables, before they are parsed.
enum Arguments {
    /// The arguments to be parsed.
    static func prepared() throws(Failure) -> [String] {
        try checkEncoding()
        let arguments = Array(CommandLine.arguments.dropFirst())
        try CommandSuggestion.check(arguments, of: Roost.self)
        return try SendArguments.normalized(arguments)
    }

    /// Swift would silently repair text that is not UTF-8: a message would differ from what was written, and a
    /// directory from the one that was named.
    private static func checkEncoding() throws(Failure) {
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) == nil else {
                continue
            }
            throw Failure(.badInput, "Argument \(index) is not UTF-8: convert it, or send it from a file with `-`.")
        }
        let variables = Setting.allCases.map(\.variable) + ["XDG_DATA_HOME", "HOME"]
        for name in variables {
            guard let value = getenv(name), String(validatingCString: value) == nil else { continue }
            throw Failure(.badConfiguration, "The variable \(name) is not UTF-8: set it to something that is.")
        }
    }

    /// What the parser says, in which it repeats in quotation marks what was typed: what could begin a line or act on a terminal there
    /// is shown as it is everywhere.
    static func printable(in message: String) -> String {
        let typed = CommandLine.arguments.dropFirst().flatMap { argument in
            // Of `--name=value` it repeats the name or the value, and of `-abc` one letter.
            [argument] + argument.split(separator: "=", maxSplits: 1).map(String.init)
                + (argument.hasPrefix("-") ? Set(argument.dropFirst().prefix(64)).map { "-\($0)" } : [])
        }
        return typed.reduce(message) { message, text in
            let shown = Printable.word(text)
            guard !shown.unicodeScalars.elementsEqual(text.unicodeScalars) else { return message }
            return [("'", "'"), ("\"", "\""), ("“", "”"), ("`", "`")].reduce(message) { message, marks in
                message.replacing(marks.0 + text + marks.1, with: marks.0 + shown + marks.1)
            }
        }
    }
}

/// Commands that were mistyped.
enum CommandSuggestion {
    /// Throws where a word in the place of a command is none, and says which may have been meant.
    static func check(_ arguments: [String], of root: any ParsableCommand.Type) throws(Failure) {
        var command = root
        var path = "roost"
        for word in arguments {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, !word.hasPrefix("-") else { return }
            // `roost help COMMAND`: its words are those of a command line.
            if command == root, word == "help", path == "roost" { continue }
            if let next = subcommands.first(where: { name(of: $0) == word }) {
                command = next
                path += " " + word
                continue
            }
            let names = subcommands.map(name(of:)) + (command == root ? ["help"] : [])
            // What begins so is closer than what is spelt like it.
            let close = names.filter { isClose(word, $0) }.min {
                ($0.hasPrefix(word) ? 0 : 1, distance(word, $0)) < ($1.hasPrefix(word) ? 0 : 1, distance(word, $1))
            }
            let question = close.map { ": did you mean `\(path) \($0)`?" } ?? "."
            let help = command == root ? "roost help" : path + " --help"
            throw Failure(
                .usage, "There is no command `\(path) \(Printable.word(word))`\(question) `\(help)` says what there is."
            )
        }
    }

    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? String(describing: command).lowercased()
    }

    /// Whether one may have been meant by the other: a slip or two, or the beginning of it.
    static func isClose(_ word: String, _ name: String) -> Bool {
        (word.count >= 2 && name.hasPrefix(word)) || distance(word, name) <= (name.count > 3 ? 2 : 1)
    }

    /// How many characters have to be put in, taken out or changed (Levenshtein 1966). What is much longer is far.
    static func distance(_ one: String, _ other: String) -> Int {
        let (one, other) = (Array(one.lowercased()), Array(other))
        guard one.count <= 32 else { return one.count }
        var row = Array(0...other.count)
        for (index, character) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in other.indices {
                let changed = diagonal + (character == other[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[other.count]
    }
}
