import StatusView

/// The arguments of `roost send`: what follows the peer is the text.
///
/// A text that begins with - would be read as options: `-high` as `-h`, which asks for help and sends nothing, and `--json` as an
/// option that leaves the text to standard input. So the text is told apart here, before options are:
/// - Behind `--` stand peer and text, whatever they look like.
/// - Else options may stand before the peer and behind the text.
/// - An argument directly behind the peer that begins with - is the text if it holds a blank, as no option does. Any other but -
///   alone is refused: nobody can tell whether it was meant as a text.
enum SendArguments {
    /// Options that the next argument belongs to.
    static let optionsWithValue: Set<String> = ["--until", "--timeout", "--key", "--data"]
    private static let flags: Set<String> = ["--json", "--help", "-h", "--version"]

    /// The arguments such that nothing in a text is an option.
    static func normalized(_ arguments: [String]) throws(Failure) -> [String] {
        guard arguments.first == "send" else { return arguments }
        var index = 1
        while index < arguments.count, arguments[index].hasPrefix("-") {
            if arguments[index] == "--" { return arguments }
            index += optionsWithValue.contains(arguments[index]) ? 2 : 1
        }
        let text = index + 1
        guard text < arguments.count, arguments[text].hasPrefix("-"), arguments[text] != "-", arguments[text] != "--"
        else { return arguments }
        guard arguments[text].contains(where: \.isWhitespace), !isOption(arguments[text]) else {
            throw Failure(
                .usage,
                """
                What follows the peer is the text, and “\(Printable.word(arguments[text]))” may be an option: write -- before a \
                text that begins with -, as in `roost send PEER -- -5`, and - for standard input; options stand before the peer \
                or behind the text.
                """)
        }
        return arguments[..<index] + arguments[(text + 1)...] + ["--", arguments[index], arguments[text]]
    }

    /// Whether it is an option of `roost send`, such as `--key=two words`.
    private static func isOption(_ argument: String) -> Bool {
        let name = argument.split(separator: "=", maxSplits: 1).first.map(String.init) ?? ""
        return optionsWithValue.contains(name) || flags.contains(name)
    }
}
