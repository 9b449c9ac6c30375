import StatusView

/// The arguments of `roost send`: what follows the peer is the text.
///
/// A text that begins with - would be read as options: `-high` as `-h`, which asks for help and sends nothing, and `--json` as an
/// option that leaves the text to standard input. So the text is told apart here, before options are parsed:
/// - Behind `--` stand peer and text, whatever they look like.
/// - Else options may stand before the peer and behind the text. One with a value of its own may also stand directly behind the
///   peer; the text follows, or comes from standard input.
/// - Several words are the text, whatever they begin with. One word that begins with - is refused where it may be the
///   text, as its meaning can't be told.
struct SendArguments {
    /// Options whose value is the next argument.
    private static let optionsWithValue: Set<String> = ["--until", "--timeout", "--key", "--data", "--profile"]
    /// Options that ask for something else than sending stand before the peer.
    private static let questions: Set<String> = ["--help", "-h", "--version", "--help-hidden"]

    private let arguments: [String]
    private var peer: Int?
    private var text: Int?

    /// The arguments such that nothing in a text is an option.
    static func normalized(_ arguments: [String]) throws(Failure) -> [String] {
        guard arguments.first == "send" else { return arguments }
        var parts = SendArguments(arguments)
        try parts.find()
        return parts.ordered
    }

    private init(_ arguments: [String]) { self.arguments = arguments }

    private mutating func find() throws(Failure) {
        var index = 1
        while index < arguments.count, arguments[index] != "--" {
            let argument = arguments[index]
            let mayBeText = peer == index - 1
            if !argument.hasPrefix("-") || argument == "-" {
                if peer == nil { peer = index } else if text == nil { text = index }
            } else if SendArguments.optionsWithValue.contains(argument), hasValue(index) || !mayBeText {
                index += 1
            } else if !isOption(argument) {
                guard peer == nil || text != nil || !argument.contains(where: \.isWhitespace) else {
                    text = index
                    index += 1
                    continue
                }
                throw peer == nil || text != nil ? SendArguments.unknown(argument) : SendArguments.unclear(argument)
            } else if mayBeText || (peer != nil && SendArguments.questions.contains(argument)) {
                throw SendArguments.unclear(argument)
            }
            index += 1
        }
    }

    private func hasValue(_ index: Int) -> Bool {
        index + 1 < arguments.count && !arguments[index + 1].hasPrefix("-")
    }

    /// Whether it is an option of `roost send`, such as `--key=two words`.
    private func isOption(_ argument: String) -> Bool {
        let name = argument.split(separator: "=", maxSplits: 1).first.map(String.init) ?? ""
        return argument == "--json" || SendArguments.questions.contains(argument)
            || SendArguments.optionsWithValue.contains(name)
    }

    /// With a text that begins with - at the end, behind `--`.
    private var ordered: [String] {
        guard let peer, let text, arguments[text].hasPrefix("-"), arguments[text] != "-" else { return arguments }
        let others = arguments.indices.filter { $0 != peer && $0 != text }.map { arguments[$0] }
        return others + ["--", arguments[peer], arguments[text]]
    }

    private static func unclear(_ argument: String) -> Failure {
        Failure(
            .usage,
            """
            What follows the peer is the text, and “\(Printable.word(argument))” may be an option: write -- before a text that \
            begins with -, as in `roost send PEER -- -5`, and - for standard input; options stand before the peer or behind the \
            text.
            """)
    }

    private static func unknown(_ argument: String) -> Failure {
        Failure(
            .usage,
            """
            There is no option “\(Printable.word(argument))”: `roost send --help` shows them; write -- before a text that begins \
            with -.
            """)
    }
}
