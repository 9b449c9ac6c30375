import Platform

/// Something that can't be undone is asked about, where somebody is there to answer.
enum Question {
    /// Asks on the terminal, even where errors go elsewhere; anything but a yes is a no. Without a terminal nobody can answer: a script
    /// means what it says.
    static func isAnsweredByYes(_ question: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { return true }
        let areErrorsSeen = isatty(STDERR_FILENO) == 1
        let terminal = areErrorsSeen ? STDERR_FILENO : open("/dev/tty", O_WRONLY | O_CLOEXEC)
        guard terminal >= 0 else { return false }
        defer { if !areErrorsSeen { close(terminal) } }
        try? StandardStreams.write("\(question) [y/N] ".utf8, to: terminal)
        guard let answer = readLine() else { return false }
        return ["y", "yes"].contains(answer.lowercased().filter { !$0.isWhitespace })
    }
}
