import Platform

/// Something that can't be undone is asked about, where somebody is there to answer.
enum Question {
    /// Asks on the terminal; anything but a yes is a no. Without a terminal nobody can answer: a script means what it says.
    static func isAnsweredByYes(_ question: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return true }
        try? StandardStreams.write("\(question) [y/N] ".utf8, to: STDERR_FILENO)
        guard let answer = readLine() else { return false }
        return ["y", "yes"].contains(answer.lowercased().filter { !$0.isWhitespace })
    }
}
