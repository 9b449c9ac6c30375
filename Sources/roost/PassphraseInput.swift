import ArgumentParser
import CLibrary
import Platform
import RoostService
import StatusView

/// `--passphrase-file`, of commands that need a passphrase.
struct PassphraseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file whose first line is the passphrase (default: $ROOST_PASSPHRASE, or a prompt).", valueName: "file"),
        completion: .file())
    var passphraseFile: String?

    /// The passphrase of the file or of the variable; nil where neither is given.
    func given() throws(Failure) -> Passphrase? {
        if let path = passphraseFile { return try PassphraseInput.read(path) }
        return try PassphraseInput.given()
    }

    /// The passphrase: of the file, of the variable, or as it is typed. `isNew`: it is asked for twice.
    func passphrase(for what: String, isNew: Bool = false) throws(Failure) -> Passphrase {
        if let given = try given() { return given }
        return try PassphraseInput.ask(for: what, isNew: isNew)
    }
}

/// Where passphrases come from. They are never an argument: those can be read by every user of the machine.
enum PassphraseInput {
    /// That of `$ROOST_PASSPHRASE`; nil where it isn't set.
    static func given() throws(Failure) -> Passphrase? {
        // Byte by byte: as a text, whatever isn't UTF-8 would become the same sign.
        guard let text = getenv("ROOST_PASSPHRASE") else { return nil }
        let bytes = Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
        return try passphrase(bytes, from: "$ROOST_PASSPHRASE")
    }

    /// The first line of a file, without its end.
    static func read(_ path: String) throws(Failure) -> Passphrase {
        guard let bytes = StandardStreams.readFile(path, atMost: Passphrase.longest + 2) else {
            throw Failure(.inputOutput, "\(path) can't be read: \(String(cString: strerror(errno))).")
        }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return try passphrase(Array(line), from: path)
    }

    /// What a person types, without being shown. Where there is no terminal, nobody can be asked.
    static func ask(for what: String, isNew: Bool) throws(Failure) -> Passphrase {
        let first = try passphrase(try HiddenInput.line("\(what): "), from: "what you typed")
        guard isNew else { return first }
        let again = try HiddenInput.line("Again: ")
        guard let again = Passphrase(again), again == first else {
            throw Failure(.badInput, "The two were not the same, and nothing was done: start again.")
        }
        return first
    }

    private static func passphrase(_ bytes: [UInt8], from place: String) throws(Failure) -> Passphrase {
        guard let passphrase = Passphrase(bytes) else {
            throw Failure(
                .badInput,
                "The passphrase of \(place) is \(bytes.isEmpty ? "empty" : "longer than \(Passphrase.longest) bytes").")
        }
        return passphrase
    }
}

/// What is typed on a terminal that doesn't show it.
enum HiddenInput {
    /// Whether there is a terminal to type on.
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks on standard error, and reads from standard input. Ctrl-C and the end of input end the command; the terminal is as it
    /// was in any case: signals by keys are off meanwhile, so that none ends the program before. `goesOn` tells of a text that
    /// it has another line.
    static func line(
        _ prompt: String, goesOn: ([UInt8]) -> Bool = { _ in false }
    ) throws(Failure) -> [UInt8] {
        var modes = termios()
        guard isPossible, tcgetattr(STDIN_FILENO, &modes) == 0 else {
            throw Failure(
                .badConfiguration,
                "There is no terminal to ask for the passphrase: give it in $ROOST_PASSPHRASE or by --passphrase-file.")
        }
        // A path in it may be anything.
        try? StandardStreams.write(Printable.word(prompt).utf8, to: STDERR_FILENO)
        var hidden = modes
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &modes)
            try? StandardStreams.write("\n".utf8, to: STDERR_FILENO)
        }
        var line: [UInt8] = []
        while line.count <= Passphrase.longest {
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            switch (count, byte) {
            case (1, UInt8(ascii: "\n")), (1, UInt8(ascii: "\r")):
                guard goesOn(line) else { return line }
                line.append(UInt8(ascii: " "))
            // Ctrl-U, and the two that keyboards have for one character back, of which UTF-8 may have several bytes.
            case (1, 0x15): line = []
            case (1, 0x7f), (1, 0x08):
                while let last = line.popLast(), last & 0xc0 == 0x80 {}
            case (1, 0x03), (1, 0x04), (...0, _): throw Failure(.badInput, "Nothing was typed, and nothing was done.")
            default: line.append(byte)
            }
        }
        return line
    }
}
