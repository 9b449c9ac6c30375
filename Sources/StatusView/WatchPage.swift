import ControlAPI
import Platform

/// How the daemon has been doing for a while: a page that is drawn again and again.
public struct WatchPage: Sendable {
    /// A moment at which the daemon was asked.
    private struct Moment: Sendable {
        var contacts: Double?
        /// Bytes a second since the moment before; nil where they are unknown.
        var received: Double?
        var sent: Double?
    }

    /// Something that happened to a message.
    private struct News: Sendable {
        var at: Date
        var text: String
    }

    /// Moments that the widest terminal shows.
    private static let kept = 240
    /// News that are remembered, for a terminal that grows.
    private static let newsKept = 50

    private var moments: [Moment] = []
    private var news: [News] = []
    /// The last report, and when it came by a clock that never jumps.
    private var last: (report: StatusReport, at: Duration)?
    /// Since when there has been no answer, and the message for that.
    private var gone: (since: Date, sentence: String)?
    private var asked = Date.distantPast
    private let timeOfDay: @Sendable (Date) -> String

    /// - Parameter timeOfDay: How a time of day is written: by default by this machine's time zone.
    public init(timeOfDay: @escaping @Sendable (Date) -> String = LocalTime.timeOfDay) { self.timeOfDay = timeOfDay }

    // MARK: What happens

    /// The daemon has answered, so long after the beginning.
    public mutating func record(_ report: StatusReport, at elapsed: Duration, _ date: Date) {
        var moment = Moment(contacts: Double(report.contacts))
        if gone == nil, let last, let before = last.report.traffic, let now = report.traffic,
            // Lower counters, or a shorter uptime: the daemon was restarted.
            report.uptimeSeconds >= last.report.uptimeSeconds, now.receivedBytes >= before.receivedBytes,
            now.sentBytes >= before.sentBytes, elapsed > last.at
        {
            let seconds = (elapsed - last.at) / .seconds(1)
            moment.received = Double(now.receivedBytes - before.receivedBytes) / seconds
            moment.sent = Double(now.sentBytes - before.sentBytes) / seconds
        }
        add(moment)
        last = (report, elapsed)
        gone = nil
        asked = date
    }

    /// The daemon has not answered.
    public mutating func recordGone(_ sentence: String, _ date: Date) {
        add(Moment())
        gone = (gone?.since ?? date, sentence)
        asked = date
    }

    /// Something has happened to a message.
    public mutating func record(_ text: String, _ date: Date) {
        news.append(News(at: date, text: text))
        if news.count > WatchPage.newsKept { news.removeFirst() }
    }

    private mutating func add(_ moment: Moment) {
        moments.append(moment)
        if moments.count > WatchPage.kept { moments.removeFirst() }
    }

    // MARK: What is shown

    /// As many lines as there is room for; the last says how to end.
    public func lines(columns: Int, rows: Int) -> [Line] {
        var lines = [head(columns), Line()]
        let problems = gone.map { [$0.sentence] } ?? last?.report.warnings.map(\.sentences) ?? []
        if !problems.isEmpty { lines += StatusPage.list(problems, columns: max(columns, 20)) + [Line()] }
        if let report = last?.report {
            let figures = figures(report, columns)
            lines += gone == nil ? figures : figures.map(\.faint)
        }
        let room = rows - lines.count - 3
        if !news.isEmpty, room > 0 {
            lines += [Line(), Line("lately", .faint)]
            lines += news.suffix(room).reversed().map { Line("  \(time($0.at))  ", .faint).adding($0.text) }
        }
        lines = Array(lines.prefix(max(1, rows - 1)))
        while lines.count < rows - 1 { lines.append(Line()) }
        if rows > 1 { lines.append(Line("Ctrl-C or q ends", .faint)) }
        return lines
    }

    /// One line, for output that can't be drawn on.
    public var line: String {
        let time = time(asked)
        guard gone == nil, let report = last?.report else { return "\(time)  not running" }
        var parts = [report.state.rawValue, StatusPage.network(report)]
        if let moment = moments.last, let received = moment.received, let sent = moment.sent {
            parts.append("in \(Amount.bytes(received))/s")
            parts.append("out \(Amount.bytes(sent))/s")
        }
        parts.append("\(Amount.plural(report.envelopes, "envelope")) kept")
        parts.append("outbox \(report.outbox)")
        let problems = report.warnings.count
        if problems > 0 { parts.append(Amount.plural(problems, "problem") + ": see `roost status`") }
        return "\(time)  \(parts.joined(separator: "  "))"
    }

    private func head(_ columns: Int) -> Line {
        var head =
            if let gone {
                Line("roost", .strong).adding(" · ").adding("not running", .bad).adding(" since \(time(gone.since))")
            } else {
                last.map { StatusPage.head($0.report) } ?? Line("roost", .strong)
            }
        let clock = time(asked)
        head.add(String(repeating: " ", count: max(1, columns - head.width - clock.count)))
        head.add(clock, .faint)
        return head
    }

    /// Figures with their course so far, where that is known.
    private func figures(_ report: StatusReport, _ columns: Int) -> [Line] {
        let now = moments.last(where: { $0.contacts != nil })
        var lines = [
            row("network", StatusPage.network(report), moments.map(\.contacts), columns),
            row("reached", StatusPage.place(report), [], columns),
        ]
        if let traffic = report.traffic {
            func text(_ rate: Double?, _ all: Int) -> String {
                (rate.map { "\(Amount.bytes($0))/s, " } ?? "") + "\(Amount.bytes(all)) in all"
            }
            lines.append(row("in", text(now?.received, traffic.receivedBytes), moments.map(\.received), columns))
            lines.append(row("out", text(now?.sent, traffic.sentBytes), moments.map(\.sent), columns))
        }
        lines.append(row("keeps", StatusPage.keeps(report), [], columns))
        lines.append(row("outbox", StatusPage.outbox(report), [], columns))
        return lines
    }

    /// Columns for a figure before what is drawn begins.
    private static let figureWidth = 32

    private func row(_ name: String, _ value: String, _ history: [Double?], _ columns: Int) -> Line {
        let line = Line(StatusPage.padded(name, to: StatusPage.margin), .faint)
        guard !history.isEmpty else { return line.adding(value) }
        let left = StatusPage.margin + max(WatchPage.figureWidth, value.count + 2)
        return line.adding(StatusPage.padded(value, to: left - StatusPage.margin))
            .adding(Sparkline.text(history, width: columns - left - 1), .drawing)
    }

    private func time(_ date: Date) -> String { timeOfDay(date) }
}
