import ControlAPI
import Foundation
import StatusView

/// Results go to standard output, news and errors to standard error.
enum Terminal {
    /// Of what is written to standard output.
    static var style: Style {
        Style(isTerminal: isatty(STDOUT_FILENO) == 1, environment: ProcessInfo.processInfo.environment)
    }

    /// Writes all of it, and knows that it was taken. A reader that has gone, as in `roost inbox | head`, ends the command
    /// quietly.
    static func write(_ text: String) throws(Failure) { try write(Data(text.utf8)) }

    static func writeLine(_ text: String) throws(Failure) { try write(text + "\n") }

    /// One JSON object on a line of its own.
    static func write(json value: some Encodable) throws(Failure) {
        guard let data = try? ControlJSON.encode(value) else {
            throw Failure(.inputOutput, "The result can't be written as JSON.")
        }
        try write(data + Data([10]))
    }

    private static func write(_ data: Data) throws(Failure) {
        signal(SIGPIPE, SIG_IGN)
        var written = 0
        while written < data.count {
            let count = data.withUnsafeBytes { bytes in
                Foundation.write(STDOUT_FILENO, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count > 0 {
                written += count
            } else if errno == EPIPE {
                throw Failure(.inputOutput, "")
            } else if errno != EINTR {
                throw Failure(.inputOutput, "Standard output can't be written: \(String(cString: strerror(errno))).")
            }
        }
    }

    /// One line for people.
    static func news(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
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

    /// Text of strangers as it may be shown: control characters, which could move the cursor or rewrite what was printed
    /// before, and direction overrides become visible; line ends and tabs remain.
    static func safe(_ text: String) -> String {
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 9, 10: safe.append(scalar)
            case 0..<32: safe.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{fffd}")
            case 127..<160, 0x202a...0x202e, 0x2066...0x2069: safe.append("\u{fffd}")
            default: safe.append(scalar)
            }
        }
        return String(safe)
    }

    /// The text with every line indented, so that no line of a message can pass for one of ours.
    static func indented(_ text: String) -> String {
        safe(text).split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }.joined(separator: "\n")
    }

    /// RFC 3339 in UTC.
    static func time(_ date: Date) -> String { date.formatted(.iso8601) }

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
