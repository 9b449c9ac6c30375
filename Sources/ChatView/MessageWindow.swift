import ControlAPI

/// The part of a conversation that is held here: messages that follow one another without a gap.
///
/// Positions can't be compared, so a page is put in by what it has in common with the window. A page has no gaps either: so a
/// message that comes late stands where it belongs, and one that was deleted goes.
package struct MessageWindow: Equatable, Sendable {
    /// Messages at most, some screens in each direction, and bytes of their texts beyond `fewestMessages`.
    package static let maximumMessages = 600
    static let maximumBytes = 4 << 20
    /// However large they are: more than one page, so that a page never drops what it was put beside.
    static let fewestMessages = 2 * ConversationQuery.maximumLimit

    /// Which part of the conversation a page is.
    package enum Part: Hashable, Sendable {
        case newest
        case before(String)
        case after(String)
    }

    package private(set) var messages: [ConversationMessage] = []
    /// Whether a page has come.
    package private(set) var isLoaded = false
    package private(set) var hasEarlier = false
    package private(set) var hasLater = false
    private var bytes = 0

    package init() {}

    var first: ConversationMessage? { messages.first }
    var last: ConversationMessage? { messages.last }

    func index(of position: String) -> Int? { messages.lastIndex { $0.position == position } }

    /// Takes in a page.
    ///
    /// - Parameter kept: The position of a message that has to stay, as somebody looks at it; nil: the last one.
    package mutating func merge(_ page: ConversationPage, as part: Part, keeping kept: String?) {
        switch part {
        case .newest: mergeNewest(page, kept)
        case .before(let position): mergeEarlier(page, position)
        case .after(let position): mergeLater(page, position)
        }
        bytes = messages.reduce(0) { $0 + $1.text.utf8.count }
        trim(keeping: kept)
    }

    /// Another standing of a sent message.
    mutating func change(_ sent: SentMessage) {
        let id = sent.id.hex
        guard let index = messages.lastIndex(where: { $0.message == id && !$0.isReceived }) else { return }
        messages[index].update(sent)
    }

    // MARK: Pages

    private mutating func mergeNewest(_ page: ConversationPage, _ kept: String?) {
        let positions = Set(page.messages.map(\.position))
        if page.earlier == nil {
            messages = page.messages
            (hasEarlier, hasLater) = (false, false)
        } else if let index = messages.firstIndex(where: { positions.contains($0.position) }) {
            messages.replaceSubrange(index..., with: page.messages)
            if index == 0 { hasEarlier = true }
            hasLater = false
        } else if let kept, !page.messages.isEmpty, self.index(of: kept) != nil {
            // What lies between is not known.
            hasLater = true
        } else {
            messages = page.messages
            (hasEarlier, hasLater) = (true, false)
        }
        isLoaded = true
    }

    private mutating func mergeEarlier(_ page: ConversationPage, _ position: String) {
        guard first?.position == position else { return }
        let positions = Set(messages.map(\.position))
        messages.insert(contentsOf: page.messages.filter { !positions.contains($0.position) }, at: 0)
        // A page of none would be asked for again and again.
        hasEarlier = page.earlier != nil && !page.messages.isEmpty
    }

    private mutating func mergeLater(_ page: ConversationPage, _ position: String) {
        guard let index = self.index(of: position) else { return }
        let positions = Set(page.messages.map(\.position))
        var rest = messages[(index + 1)...]
        if page.later == nil || page.messages.isEmpty {
            rest = []
            hasLater = false
        } else if let end = page.messages.last, let known = rest.firstIndex(where: { $0.position == end.position }) {
            rest = rest[(known + 1)...]
        }
        messages.replaceSubrange(
            (index + 1)..., with: page.messages + rest.filter { !positions.contains($0.position) })
    }

    /// Drops messages at the end that is further from what is looked at.
    private mutating func trim(keeping kept: String?) {
        while messages.count > MessageWindow.maximumMessages
            || (bytes > MessageWindow.maximumBytes && messages.count > MessageWindow.fewestMessages)
        {
            let index = kept.flatMap { self.index(of: $0) } ?? messages.count - 1
            let isAtFront = index >= messages.count / 2
            let dropped = isAtFront ? messages.removeFirst() : messages.removeLast()
            bytes -= dropped.text.utf8.count
            if isAtFront { hasEarlier = true } else { hasLater = true }
        }
    }
}

extension ConversationMessage {
    /// Takes over how far it has come.
    mutating func update(_ sent: SentMessage) {
        state = ConversationState(rawValue: sent.state.name) ?? state
        via = sent.via
        buddies = sent.buddies
        of = sent.of
        reason = sent.reason
    }
}
