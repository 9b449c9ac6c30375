import Basics
import ControlAPI
import Platform
import StatusView

/// Results go to standard output, news and errors to standard error.
enum Terminal {
    /// Of what is written to standard output.
    static var style: Style {
        Style(isTerminal: isatty(STDOUT_FILENO) == 1, environment: ProcessInfo.processInfo.environment)
    }

    /// Writes all of it, and knows that it was taken. A reader that has gone, as in `roost inbox | head`, ends the command
    /// quietly.
    static func write(_ text: String) throws(Failure) { try write(text.utf8) }

    static func writeLine(_ text: String) throws(Failure) { try write(text + "\n") }

    /// One JSON object on a line of its own.
    static func write(json value: some Encodable) throws(Failure) {
        guard let data = try? ControlJSON.encode(value) else {
            throw Failure(.inputOutput, "The result can't be written as JSON.")
        }
        try write(data + [10])
    }

    private static func write(_ bytes: some Collection<UInt8>) throws(Failure) {
        do throws(StandardStreams.WriteError) {
            try StandardStreams.write(bytes, to: STDOUT_FILENO)
        } catch {
            switch error {
            case .nobodyReads: throw Failure(.inputOutput, "")
            case .failed(let number):
                throw Failure(.inputOutput, "Standard output can't be written: \(String(cString: strerror(number))).")
            }
        }
    }

    /// One line for people, whatever others' or the person's own texts in it are. If it can't be written, that has no further effect.
    static func news(_ text: String) { say(Printable.word(text)) }

    /// Several lines likewise, of which none comes from a text in it.
    static func lines(_ text: String) { say(Printable.text(text)) }

    private static func say(_ text: String) {
        try? StandardStreams.write((text + "\n").utf8, to: STDERR_FILENO)
    }

    /// Does the work, and says what it waits for when that takes more than two seconds.
    static func waiting<Value: Sendable>(
        for what: String, _ work: () async throws -> Value
    ) async throws -> Value {
        let progress = Task {
            try await Task.sleep(for: .seconds(2))
            news("roost: \(what)…")
        }
        defer { progress.cancel() }
        return try await work()
    }

    /// The text with every line indented, so that no line of a message can pass for one of ours, nor its marks reach into one.
    static func indented(_ text: String) -> String {
        Cells.text(text).split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
            .joined(separator: "\n")
    }

    /// A moment by this machine's time zone, which is named: `2026-11-21 03:49:36 +01:00`.
    static func time(_ date: Date) -> String { LocalTime.text(date) }
    static func time(_ time: UnixTime) -> String { LocalTime.text(Date(time)) }

    /// Columns two spaces apart, each as wide as its widest cell.
    static func table(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ") + "\n"
        }.joined()
    }
}
