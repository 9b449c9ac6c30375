import ControlAPI
import Platform
import StatusView

/// An open conversation: its messages as lines, and which of them are on the screen.
///
/// Only what is on the screen is laid out, from its last line upwards: so a key costs the same, however long the conversation is.
package struct Transcript: Sendable {
    /// The other's peer ID.
    let peer: String
    package private(set) var window = MessageWindow()
    /// What is shown below the messages, as it is on its way to the daemon.
    var outgoing: [Outgoing] = []

    /// What the last line on the screen belongs to, and how many lines of that lie below.
    private struct Anchor: Equatable {
        var id: String
        var hidden: Int
    }

    /// Nil: the end is on the screen, whatever comes.
    private var anchor: Anchor?
    private var layout: TranscriptLayout

    /// As many lines as there was room for, and which parts of the conversation are wanted to go on from there.
    package private(set) var lines: [Line] = []
    package private(set) var wanted: [MessageWindow.Part] = []

    package init(peer: String, name: String, moment: @escaping @Sendable (Date) -> LocalMoment) {
        self.peer = peer
        layout = TranscriptLayout(name: name, moment: moment)
    }

    // MARK: What happens

    package mutating func merge(_ page: ConversationPage, as part: MessageWindow.Part) {
        window.merge(page, as: part, keeping: anchor?.id)
        if let anchor, index(of: anchor.id) == nil { self.anchor = nil }
    }

    /// They are called otherwise now.
    mutating func rename(_ name: String) { layout.name = name }

    mutating func change(_ sent: SentMessage) { window.change(sent) }

    /// Goes to the end. What was loaded stays where it reaches the end.
    package mutating func jumpToEnd() { anchor = nil }

    // MARK: What is in it

    private var entries: [Entry] {
        var entries = window.messages.map { Entry($0) }
        if !window.hasLater { entries += outgoing.map { Entry($0, me: "") } }
        return entries
    }

    private func index(of id: String) -> Int? {
        window.index(of: id) ?? outgoing.lastIndex { $0.key == id }.map { window.messages.count + $0 }
    }

    /// Whether the conversation's last message is on the screen, all of it.
    package var isAtEnd: Bool { anchor == nil && !window.hasLater && window.isLoaded }

    /// Received messages that were not marked as read.
    var unread: [String] { window.messages.filter { $0.state == .received }.map(\.position) }

    // MARK: Scrolling

    /// Moves by some lines, upwards if negative, as far as there are any.
    package mutating func scroll(_ step: Int, columns: Int, rows: Int) {
        layout.columns = columns
        let entries = entries
        guard !entries.isEmpty else { return }
        if step < 0 { scrollUp(-step, entries, rows) } else { scrollDown(step, entries) }
    }

    private func bottom(_ entries: [Entry]) -> (index: Int, hidden: Int) {
        guard let anchor, let index = index(of: anchor.id), index < entries.count else { return (entries.count - 1, 0) }
        return (index, anchor.hidden)
    }

    private mutating func scrollUp(_ step: Int, _ entries: [Entry], _ rows: Int) {
        let (start, startHidden) = bottom(entries)
        // The first line stays on the first row of the screen.
        var found = -startHidden
        var index = start
        while index >= 0, found < step + rows {
            found += layout.lines(entries, index).count
            index -= 1
        }
        var rest = min(step, max(0, found - rows))
        guard rest > 0 else { return }
        (index, found) = (start, startHidden)
        while index > 0 {
            let visible = layout.lines(entries, index).count - found
            if rest < visible { break }
            rest -= visible
            index -= 1
            found = 0
        }
        anchor = Anchor(id: entries[index].id, hidden: found + rest)
    }

    private mutating func scrollDown(_ step: Int, _ entries: [Entry]) {
        guard anchor != nil else { return }
        var (index, hidden) = bottom(entries)
        var rest = step
        while rest > hidden, index + 1 < entries.count {
            rest -= hidden
            index += 1
            hidden = layout.lines(entries, index).count
        }
        hidden = max(0, hidden - rest)
        let isEnd = index == entries.count - 1 && hidden == 0 && !window.hasLater
        anchor = isEnd ? nil : Anchor(id: entries[index].id, hidden: hidden)
    }

    // MARK: What is shown

    /// Finds out what is on a part of the screen of that size.
    package mutating func layOut(columns: Int, rows: Int) {
        layout.columns = columns
        let entries = entries
        var (index, hidden) = bottom(entries)
        let last = index
        var blocks: [[Line]] = []
        var count = 0
        while index >= 0, count < rows {
            let block = layout.lines(entries, index).dropLast(hidden)
            hidden = 0
            blocks.append(Array(block))
            count += block.count
            index -= 1
        }
        lines = Array(blocks.reversed().flatMap { $0 }.suffix(rows))
        lines = Array(repeating: Line(), count: rows - lines.count) + lines
        wanted = []
        if index < rows, window.hasEarlier, let first = window.first { wanted.append(.before(first.position)) }
        if last + rows >= entries.count, window.hasLater, let end = window.last {
            wanted.append(.after(end.position))
        }
    }
}
