import Platform

/// Reports progress on standard error: one line rewritten on a terminal, elsewhere a line every half minute.
struct ProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shownAt = ContinuousClock.now

    /// Whether it is time to show something.
    func isDue(_ now: ContinuousClock.Instant) -> Bool {
        now - shownAt >= (isTerminal ? .milliseconds(200) : .seconds(30))
    }

    mutating func show(_ text: String) {
        shownAt = .now
        if isTerminal {
            // Rewritten in place: a line that wraps could not be.
            write("\r" + text.prefix(max(20, columns - 1)) + "\u{1b}[K")
        } else {
            write(text + "\n")
        }
    }

    /// Clears the line.
    func end() {
        if isTerminal { write("\r\u{1b}[K") }
    }

    private var columns: Int {
        var size = winsize()
        let request = UInt(TIOCGWINSZ)
        return ioctl(STDERR_FILENO, request, &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    private func write(_ text: String) { try? StandardStreams.write(text.utf8, to: STDERR_FILENO) }
}
