import Platform
import StatusView

/// A terminal's alternate screen (xterm's private modes 1049, 25 and 7), which is drawn in place and leaves nothing behind.
final class LiveScreen {
    private let style: Style
    private var modes: termios?

    init(style: Style) { self.style = style }

    /// Columns and rows as they are now.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        let request = UInt(TIOCGWINSZ)
        guard ioctl(STDOUT_FILENO, request, &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Shows an empty screen without a cursor, on which lines that are too long are cut off and keys leave no trace.
    func enter() throws(Failure) {
        try Terminal.write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[2J")
        var modes = termios()
        guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &modes) == 0 else { return }
        self.modes = modes
        modes.c_lflag &= ~tcflag_t(ECHO | ICANON)
        tcsetattr(STDIN_FILENO, TCSANOW, &modes)
    }

    /// Shows what was there before.
    func leave() {
        if var modes { tcsetattr(STDIN_FILENO, TCSANOW, &modes) }
        modes = nil
        try? Terminal.write("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l")
    }

    /// Writes over what is there, so that nothing flickers.
    func draw(_ page: WatchPage) throws(Failure) {
        let (columns, rows) = LiveScreen.size
        let lines = page.lines(columns: columns, rows: rows).map { line in
            // On a full line, the cursor stands on the last character, and clearing the rest would erase that
            // character.
            line.text(columns: columns, style: style) + (line.width < columns ? "\u{1b}[K" : "")
        }
        try Terminal.write("\u{1b}[H" + lines.joined(separator: "\r\n") + "\u{1b}[J")
    }
}
