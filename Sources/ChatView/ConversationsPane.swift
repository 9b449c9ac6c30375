import ControlAPI
import Platform
import StatusView

/// The list of conversations, the newest first, two lines each: who, when, and how the last message begins.
struct ConversationsPane: Sendable {
    /// Conversations at most: who wants an older one, names it.
    static let maximum = 2_000
    /// Conversations below the selected one that are loaded beforehand.
    private static let margin = 20

    private(set) var entries: [ConversationReport] = []
    private(set) var isLoaded = false
    /// Where the next page begins.
    private(set) var next: String?
    /// The other's peer ID of the conversation that keys are about.
    private(set) var selected: String?
    /// Somebody who is not in the list: nothing has been written yet, or long ago.
    private var guest: String?

    // MARK: What happens

    /// Takes in a page: the first one if it begins nowhere else.
    mutating func merge(_ list: ConversationList, after cursor: String?) {
        let new = Set(list.conversations.map(\.peer))
        if cursor == nil {
            // Whoever would be on this page and isn't has been deleted.
            let lowest = list.next == nil ? Int.min : list.conversations.map(\.seq).min() ?? Int.min
            let rest = entries.filter { $0.seq < lowest && !new.contains($0.peer) }
            if rest.isEmpty { next = list.next }
            entries = list.conversations + rest
        } else if cursor == next {
            let known = Set(entries.map(\.peer))
            entries += list.conversations.filter { !known.contains($0.peer) }
            next = list.next
        }
        if entries.count >= ConversationsPane.maximum {
            entries.removeLast(entries.count - ConversationsPane.maximum)
            next = nil
        }
        isLoaded = true
        if let guest, entries.contains(where: { $0.peer == guest }) { self.guest = nil }
        if selected == nil || !peers.contains(selected ?? "") { selected = peers.first }
    }

    mutating func select(_ peer: String) {
        if !entries.contains(where: { $0.peer == peer }) { guest = peer }
        selected = peer
    }

    /// Selects another: so many below, above if negative. At the ends it stays, or goes round.
    mutating func select(by step: Int, goingRound: Bool) {
        let peers = peers
        guard !peers.isEmpty else { return }
        let now = peers.firstIndex { $0 == selected } ?? 0
        let target = now + step
        let index =
            goingRound ? (target % peers.count + peers.count) % peers.count : min(max(target, 0), peers.count - 1)
        selected = peers[index]
    }

    private var peers: [String] { (guest.map { [$0] } ?? []) + entries.map(\.peer) }

    /// Unread messages of one conversation.
    func unread(of peer: String) -> Int { entries.first { $0.peer == peer }?.unread ?? 0 }

    /// What the person has decided about a peer; nil of one with whom there is no conversation.
    func standing(of peer: String) -> PeerStanding? { entries.first { $0.peer == peer }?.standing }

    /// Unread messages of all others.
    func unread(besides peer: String) -> Int { entries.reduce(0) { $0 + ($1.peer == peer ? 0 : $1.unread) } }

    /// What the daemon calls them.
    func name(of peer: String) -> String? { entries.first { $0.peer == peer }?.name }

    /// What is known of how they are called, safe to show; nil where nothing is.
    func label(of peer: String) -> String? {
        entries.first { $0.peer == peer }?.label.text
    }

    /// Whether the next page is wanted, as what is selected is close to the end.
    var wantsMore: Bool {
        guard next != nil else { return false }
        let index = entries.firstIndex { $0.peer == selected } ?? 0
        return index + ConversationsPane.margin > entries.count
    }

    // MARK: What is shown

    /// As many lines as there is room for, with the selected conversation among them.
    func lines(
        columns: Int, rows: Int, isFocused: Bool, name: (String) -> String, moment: (Date) -> LocalMoment, now: Date
    ) -> [Line] {
        let peers = peers
        guard !peers.isEmpty else { return empty(columns, rows) }
        let shown = max(1, rows / 2)
        let index = peers.firstIndex { $0 == selected } ?? 0
        // The selected one in the middle, where there are as many on both sides.
        let first = max(0, min(index - shown / 2, peers.count - shown))
        var lines: [Line] = []
        for peer in peers[first..<min(first + shown, peers.count)] {
            let entry = entries.first { $0.peer == peer }
            lines += pair(
                peer, entry, columns, isSelected: peer == selected, isFocused: isFocused, name: name(peer),
                moment: moment, now: now)
        }
        return Array((lines + Array(repeating: Line(), count: max(0, rows - lines.count))).prefix(rows))
    }

    private func empty(_ columns: Int, _ rows: Int) -> [Line] {
        let sentences = isLoaded ? ["No conversations yet.", "`roost chat NAME` begins one."] : ["…"]
        let lines = sentences.flatMap { Line.wrap($0, columns: columns - 2) }.map { Line("  " + $0, .faint) }
        return Array((lines + Array(repeating: Line(), count: max(0, rows - lines.count))).prefix(rows))
    }

    private func pair(
        _ peer: String, _ entry: ConversationReport?, _ columns: Int, isSelected: Bool, isFocused: Bool, name: String,
        moment: (Date) -> LocalMoment, now: Date
    ) -> [Line] {
        let mark = isSelected ? "› " : "  "
        let time = entry?.last.map { moment($0.receivedAt ?? $0.sentAt).short(seen: moment(now)) } ?? ""
        let unread = entry?.unread ?? 0
        let nameRoom = columns - 2 - (time.isEmpty ? 0 : time.count + 1)
        // What others have chosen is never as bold as a name of the address book.
        let isLabelled = entry.map { $0.name == nil && $0.label.text == name } ?? false
        let isStrong = !isLabelled && (unread > 0 || isSelected)
        let role: Style.Role = isSelected && isFocused ? .drawing : isStrong ? .strong : .plain
        var head = Line(mark, isFocused ? .drawing : .plain)
        head.add(Cells.fitted(name, columns: nameRoom), role)
        if !time.isEmpty { head = head.filled(to: columns - time.count).adding(time, .faint) }
        let isKnown = entry.map { $0.standing == .accepted } ?? true
        let words = [
            unread > 0 ? "\(min(unread, 9_999)) new" : nil, isKnown ? nil : entry?.standing.name,
        ]
        let count = words.compactMap { $0 }.joined(separator: ", ")
        let textRoom = columns - 2 - (count.isEmpty ? 0 : count.count + 1)
        var tail = Line("  ").adding(Cells.fitted(beginning(entry?.last, textRoom), columns: textRoom), .faint)
        if !count.isEmpty { tail = tail.filled(to: columns - count.count).adding(count, .good) }
        return [head, tail]
    }

    private func beginning(_ message: ConversationMessage?, _ columns: Int) -> String {
        guard let message else { return "nothing yet" }
        // Of a long text no more is looked at than a line can show.
        let start = message.text.unicodeScalars.prefix(columns * Cells.scalarsOfACluster)
        var words = ""
        for character in String(String.UnicodeScalarView(start)) {
            let isBlank = character.isWhitespace
            if isBlank, words.isEmpty || words.last == " " { continue }
            words.append(isBlank ? " " : character)
            if words.count > columns { break }
        }
        return (message.isReceived ? "" : "you: ") + words
    }
}
