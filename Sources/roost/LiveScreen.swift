import ChatView
import Platform
import StatusView

/// A terminal's alternate screen (xterm's private modes 1049, 25 and 7), which is drawn in place and leaves nothing behind.
final class LiveScreen {
    /// What is done on it.
    enum Use {
        /// Looking: single keys are read, and those that make signals do.
        case watching
        /// Writing: each key is read as it is, and a paste is told from keys (private mode 2004).
        case writing
        /// The same, and the wheel of a mouse is told (private modes 1000 and 1006). The terminal then keeps the mouse for itself, to select
        /// text, only with Shift.
        case writingWithMouse
    }

    private let style: Style
    private let use: Use
    private var modes: termios?
    /// The lines that are on it, as they were written.
    private var shown: [String] = []
    private var shownCursor = ""

    init(style: Style, for use: Use = .watching) {
        self.style = style
        self.use = use
    }

    /// Columns and rows as they are now.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        let request = UInt(TIOCGWINSZ)
        guard ioctl(STDOUT_FILENO, request, &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Shows an empty screen without a cursor, on which lines that are too long are cut off and keys leave no trace.
    func enter() throws(Failure) {
        // First, since a program in the background is stopped by it, before it has written anything.
        setModes()
        try Terminal.write("\u{1b}[?1049h\(drawing)\u{1b}[2J")
        forget()
    }

    /// Makes it what it was, after others may have used the terminal. Shows all of it the next time.
    func renew() throws(Failure) {
        setModes()
        // Not 1049 again: that would forget where the cursor was before.
        try Terminal.write(drawing)
        forget()
    }

    private var drawing: String {
        let mouse = use == .writingWithMouse ? "\u{1b}[?1000h\u{1b}[?1006h" : ""
        return "\u{1b}[?25l\u{1b}[?7l" + (use == .watching ? "" : "\u{1b}[?2004h") + mouse
    }

    private func setModes() {
        var modes = termios()
        guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &modes) == 0 else { return }
        if self.modes == nil { self.modes = modes }
        modes.c_lflag &= ~tcflag_t(ECHO | ICANON)
        if use != .watching {
            // Ctrl-C, Ctrl-Z, Ctrl-V, Ctrl-Q and Ctrl-S are keys, and Enter is another one than Ctrl-J.
            modes.c_lflag &= ~tcflag_t(ISIG | IEXTEN)
            modes.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR | IGNCR | ISTRIP)
        }
        tcsetattr(STDIN_FILENO, TCSANOW, &modes)
    }

    /// Shows what was there before.
    func leave() {
        if var modes { tcsetattr(STDIN_FILENO, TCSANOW, &modes) }
        modes = nil
        let pastes = use == .watching ? "" : "\u{1b}[?2004l"
        let mouse = use == .writingWithMouse ? "\u{1b}[?1006l\u{1b}[?1000l" : ""
        try? Terminal.write("\(mouse)\(pastes)\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l")
    }

    /// What is on it is not known any more: all is drawn the next time.
    func forget() {
        shown = []
        shownCursor = ""
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

    /// Writes the lines that are others than before.
    func draw(_ page: ChatPage, columns: Int) throws(Failure) {
        var text = ""
        var lines: [String] = []
        for (row, line) in page.lines.enumerated() {
            let written = line.placed(columns: columns, style: style)
            lines.append(written)
            if shown.indices.contains(row), shown[row] == written { continue }
            // Where terminals don't agree on widths, cells may be left out.
            let isPlaced = written.unicodeScalars.contains { $0.value >= 0x1100 }
            text += "\u{1b}[\(row + 1);1H" + (isPlaced ? "\u{1b}[2K" : "") + written
            if line.width < columns { text += "\u{1b}[K" }
        }
        shown = lines
        let cursor = page.cursor.map { "\u{1b}[\($0.row + 1);\($0.column + 1)H\u{1b}[?25h" } ?? "\u{1b}[?25l"
        guard !text.isEmpty || cursor != shownCursor else { return }
        shownCursor = cursor
        try Terminal.write((text.isEmpty ? "" : "\u{1b}[?25l" + text) + cursor)
    }
}
