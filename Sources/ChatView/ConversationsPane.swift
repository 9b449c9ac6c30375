import ControlAPI
import Platform
import StatusView

/// The list of conversations, the newest first, two lines each: who, when, and how the last message begins. Those of peers about whom
/// nothing has been decided, requests, come last, under a heading of their own.
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
    /// Whether somebody has chosen what is selected.
    private var isChosen = false

    // MARK: What happens

    /// Takes in a page: the first one if it begins nowhere else.
    mutating func merge(_ list: ConversationList, after cursor: String?) {
        let new = Set(list.conversations.map(\.peer))
        let index = peers.firstIndex { $0 == selected }
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
        let isGone = !peers.contains { $0 == selected }
        // A request that nobody has chosen stays selected only as long as nothing is above.
        let isUnwanted = !isChosen && selected.map { standing(of: $0) == .request } ?? false
        if isUnwanted { selected = peers.first } else if isGone { selectNeighbour(of: index) }
    }

    /// What was selected, the one of this number from the top, has been deleted.
    private mutating func selectNeighbour(of index: Int?) {
        let peers = peers
        selected = peers.isEmpty ? nil : peers[min(index ?? 0, peers.count - 1)]
    }

    /// A conversation was deleted.
    mutating func remove(_ peer: String) {
        let index = peers.firstIndex(of: peer)
        entries.removeAll { $0.peer == peer }
        if guest == peer { guest = nil }
        if selected == peer { selectNeighbour(of: index) }
    }

    mutating func select(_ peer: String) {
        if !entries.contains(where: { $0.peer == peer }) { guest = peer }
        selected = peer
        isChosen = true
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
        isChosen = true
    }

    /// From the top. Who is blocked doesn't stand among friends.
    private var peers: [String] {
        (guest.map { [$0] } ?? []) + peers(.accepted) + peers(.blocked) + requests
    }

    private var requests: [String] { peers(.request) }

    private func peers(_ standing: PeerStanding) -> [String] {
        entries.filter { $0.standing == standing }.map(\.peer)
    }

    /// Unread messages of one conversation.
    func unread(of peer: String) -> Int { entries.first { $0.peer == peer }?.unread ?? 0 }

    /// What the person has decided about a peer; nil of one with whom there is no conversation.
    func standing(of peer: String) -> PeerStanding? { entries.first { $0.peer == peer }?.standing }

    /// Unread messages of all others who are accepted.
    func unread(besides peer: String) -> Int {
        entries.reduce(0) { $0 + ($1.peer != peer && $1.standing == .accepted ? $1.unread : 0) }
    }

    /// Requests with messages that weren't read.
    var newRequests: Int { entries.count { $0.standing == .request && $0.unread > 0 } }

    /// What the daemon calls them.
    func name(of peer: String) -> String? { entries.first { $0.peer == peer }?.name }

    /// What is known of how they are called, safe to show; nil where nothing is.
    func label(of peer: String) -> String? {
        entries.first { $0.peer == peer }?.label.text
    }

    /// Whether the next page is wanted, as what is selected is close to the end.
    var wantsMore: Bool {
        guard next != nil else { return false }
        // Many requests must not hide the conversations that were there before.
        let known = entries.filter { $0.standing != .request }.map(\.peer)
        guard known.count >= ConversationsPane.margin else { return true }
        func isNearEnd(_ part: [String]) -> Bool? {
            part.firstIndex { $0 == selected }.map { $0 + ConversationsPane.margin > part.count }
        }
        return isNearEnd(known) ?? isNearEnd(requests) ?? false
    }

    // MARK: What is shown

    /// As many lines as there is room for, with the selected conversation among them.
    func lines(
        columns: Int, rows: Int, isFocused: Bool, name: (String) -> String, moment: (Date) -> LocalMoment, now: Date
    ) -> [Line] {
        let peers = peers
        guard !peers.isEmpty else { return empty(columns, rows) }
        let requests = peers.count - requests.count
        let shown = max(1, (rows - (requests < peers.count ? 1 : 0)) / 2)
        let index = peers.firstIndex { $0 == selected } ?? 0
        // The selected one in the middle, where there are as many on both sides.
        let first = max(0, min(index - shown / 2, peers.count - shown))
        var lines: [Line] = []
        for (number, peer) in peers.enumerated().dropFirst(first).prefix(shown) {
            if number == max(requests, first) { lines.append(requestsHeading(columns)) }
            let entry = entries.first { $0.peer == peer }
            lines += pair(
                peer, entry, columns, isSelected: peer == selected, isFocused: isFocused, name: name(peer),
                moment: moment, now: now)
        }
        return Array((lines + Array(repeating: Line(), count: max(0, rows - lines.count))).prefix(rows))
    }

    private func requestsHeading(_ columns: Int) -> Line {
        let new = entries.reduce(0) { $0 + ($1.standing == .request ? $1.unread : 0) }
        let count = new > 0 ? ConversationsPane.new(new) : ""
        return Line("Requests", .strong).filled(to: max(0, columns - count.count)).adding(count, .good)
    }

    private static func new(_ count: Int) -> String { "\(min(count, 9_999)) new" }

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
        let isBlocked = entry?.standing == .blocked
        let unread = isBlocked ? 0 : entry?.unread ?? 0
        let nameRoom = columns - 2 - (time.isEmpty ? 0 : time.count + 1)
        // What others have chosen is never as bold as a name of the address book.
        let isLabelled = entry.map { $0.name == nil && $0.label.text == name } ?? false
        let isStrong = !isLabelled && (unread > 0 || isSelected)
        let role: Style.Role = isSelected && isFocused ? .drawing : isStrong ? .strong : .plain
        var head = Line(mark, isFocused ? .drawing : .plain)
        head.add(Cells.fitted(name, columns: nameRoom), role)
        if !time.isEmpty { head = head.filled(to: columns - time.count).adding(time, .faint) }
        // That it is a request stands above.
        let words = [unread > 0 ? ConversationsPane.new(unread) : nil, isBlocked ? PeerStanding.blocked.name : nil]
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
