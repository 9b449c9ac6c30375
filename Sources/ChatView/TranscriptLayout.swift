import Platform
import StatusView

/// How the messages of a conversation look:
///
///     ─────────────── Saturday, 21 November 2026 ────────────────
///     03:49 bob  Are you there?
///     03:51 you  Yes. And this is a longer answer, which takes
///                more than one row.  read
///     03:52      Still here.  stored 18 of 20
///
/// How a message stands is told behind it, where the next of the same writer doesn't stand equally. A card is told above it, beside the
/// name, where no text ever stands:
///
///     03:53 bob introducing "carol" (roost1qxyzqxyz…)
///                This is Carol.
///     03:54 bob renamed from "Bob" to "Robert"
struct TranscriptLayout: Sendable {
    /// Of the screen's part that they have.
    var columns = 80 { didSet { if columns != oldValue { forgetWrapped() } } }

    /// What the other is called, safe to show.
    var name: String { didSet { if name != oldValue { forgetWrapped() } } }
    private let moment: @Sendable (Date) -> LocalMoment
    /// What was wrapped lately.
    private var wrapped: [String: Wrapping] = [:]
    /// Rows in it.
    private var wrappedRows = 0

    /// Messages and rows that are kept wrapped: more than a screen has; and one message may have a row for each of its bytes.
    private static let keptMessages = 1_000
    private static let keptRows = 100_000
    /// A time of day, and a blank.
    private static let timeWidth = 6
    /// A name beside texts has a fifth of the columns, and no more than that.
    private static let widestName = 12

    init(name: String, moment: @escaping @Sendable (Date) -> LocalMoment) {
        self.name = name
        self.moment = moment
    }

    private var nameWidth: Int { min(max(Cells.width(name), 3), min(max(columns / 5, 3), TranscriptLayout.widestName)) }

    /// The lines of one of the messages.
    mutating func lines(_ entries: [Entry], _ index: Int) -> [Line] {
        let entry = entries[index]
        let before = index > 0 ? entries[index - 1] : nil
        let now = moment(entry.date)
        let isNewDay = before.map { !moment($0.date).isSameDay(as: now) } ?? true
        let isNewWriter = isNewDay || before?.isReceived != entry.isReceived
        var lines: [Line] = []
        if isNewDay {
            if before != nil { lines.append(Line()) }
            lines += [day(now), Line()]
        }
        let margin = TranscriptLayout.timeWidth + nameWidth + 2
        let room = max(columns - margin, 4)
        let writer = Cells.fitted(entry.isReceived ? self.name : "you", columns: nameWidth)
        lines += entry.renaming.map { head(now, "\(writer) \($0)", .faint) } ?? []
        let card = entry.card.map { head(now, "\(writer) \($0)") } ?? []
        lines += card
        let name = isNewWriter ? writer : ""
        let rows = wrap(entry, room).rows
        for (number, row) in rows.enumerated() {
            let isFirst = number == 0 && card.isEmpty
            var line = Line(isFirst ? "\(now.time) " : "", .faint)
            line.add(isFirst ? name : "", entry.isReceived ? .strong : .drawing)
            line = line.filled(to: margin).adding(row.text)
            lines.append(line)
        }
        if let standing = shown(entries, index) { add(standing, to: &lines, margin, room, rows.last?.width ?? 0) }
        return lines
    }

    /// What a card says, or that somebody goes by another name, in the columns of names, which texts don't reach.
    private func head(_ moment: LocalMoment, _ words: String, _ role: Style.Role = .drawing) -> [Line] {
        Line.wrap(words, columns: max(columns - TranscriptLayout.timeWidth, 4)).enumerated().map { number, row in
            Line(number == 0 ? "\(moment.time) " : "", .faint).filled(to: TranscriptLayout.timeWidth)
                .adding(row, role)
        }
    }

    private func day(_ moment: LocalMoment) -> Line {
        let text = " \(moment.longDay) "
        let rest = max(0, columns - Cells.width(text))
        return Line(
            String(repeating: "─", count: rest / 2) + text + String(repeating: "─", count: rest - rest / 2), .faint)
    }

    /// How a message stands, where that has to be said.
    private func shown(_ entries: [Entry], _ index: Int) -> Entry.Standing? {
        let entry = entries[index]
        guard let standing = entry.standing, !standing.isFailure else { return entry.standing }
        let next = entries[(index + 1)...].first { !$0.isReceived }
        return next?.standing == standing ? nil : standing
    }

    /// Behind the text, or below it where there is no room.
    private func add(_ standing: Entry.Standing, to lines: inout [Line], _ margin: Int, _ room: Int, _ width: Int) {
        let words = Printable.word(standing.words)
        let role: Style.Role = standing.isFailure ? .bad : .faint
        if width + 2 + Cells.width(words) <= room, let last = lines.indices.last {
            lines[last].add("  ")
            lines[last].add(words, role)
        } else {
            lines += Line.wrap(words, columns: room).map { Line().filled(to: margin).adding($0, role) }
        }
    }

    private mutating func forgetWrapped() { (wrapped, wrappedRows) = ([:], 0) }

    private mutating func wrap(_ entry: Entry, _ columns: Int) -> Wrapping {
        if let known = wrapped[entry.id] { return known }
        let wrapping = Wrapping(entry.text, columns: columns)
        if wrapped.count >= TranscriptLayout.keptMessages || wrappedRows > TranscriptLayout.keptRows {
            forgetWrapped()
        }
        wrapped[entry.id] = wrapping
        wrappedRows += wrapping.rows.count
        return wrapping
    }
}
