import ControlAPI

/// What the daemon is to be asked, and is being asked: nothing twice at once, and again what has changed meanwhile.
struct ChatRequests: Sendable {
    /// Something that is wanted.
    enum Want: Hashable, Sendable {
        /// The first page of the list, and the one after it.
        case list
        case more(String)
        /// Of the open conversation.
        case newest
        case part(MessageWindow.Part)
        /// What was begun to this peer.
        case draft(String)

        var isPage: Bool {
            switch self {
            case .newest, .part: true
            case .list, .more, .draft: false
            }
        }
    }

    private var wanted: Set<Want> = []
    private var underWay: Set<Want> = []
    /// What was not fulfilled: it is asked again when somebody does something, and not by itself for ever.
    private var failed: Set<Want> = []
    private var failedMarks: [String] = []
    /// Positions of messages that are to be marked, and that were asked to be.
    private var read: [String] = []
    private var marked: Set<String> = []

    /// Positions that are remembered, so that none is asked for twice: some windows' worth.
    private static let keptMarks = 4 * MessageWindow.maximumMessages

    mutating func want(_ want: Want) { if !failed.contains(want) { wanted.insert(want) } }

    /// Asks again for what failed.
    mutating func tryAgain() {
        wanted.formUnion(failed)
        failed = []
        marked.subtract(failedMarks)
        failedMarks = []
    }

    mutating func wantRead(_ positions: [String]) {
        if marked.count > ChatRequests.keptMarks { marked = [] }
        for position in positions where marked.insert(position).inserted { read.append(position) }
    }

    /// Nothing that was asked will be answered.
    mutating func forget() {
        wanted = []
        underWay = []
        failed = []
        failedMarks = []
        read = []
        marked = []
    }

    /// Another conversation is open, or none.
    mutating func forgetPages() {
        func isOfConversation(_ want: Want) -> Bool { if case .draft = want { true } else { want.isPage } }
        wanted = wanted.filter { !isOfConversation($0) }
        // Until a text is read, none is kept in its place, whatever is open.
        underWay = underWay.filter { !$0.isPage }
        failed = failed.filter { !isOfConversation($0) }
        failedMarks = []
        read = []
        marked = []
    }

    /// A request has ended; whether it was fulfilled.
    mutating func end(_ request: ChatRequest, isDone: Bool) {
        switch request {
        case .list(let cursor): end(cursor.map { .more($0) } ?? .list, isDone)
        case .page(let page): end(page.part == .newest ? .newest : .part(page.part), isDone)
        case .markRead(let positions): if !isDone { failedMarks += positions }
        case .draft(let peer): end(.draft(peer), isDone)
        case .send, .keepDraft, .decide: break
        }
    }

    private mutating func end(_ want: Want, _ isDone: Bool) {
        guard underWay.remove(want) != nil, !isDone else { return }
        failed.insert(want)
    }

    /// Whether something was asked and isn't answered yet.
    func isAsking(_ want: Want) -> Bool { underWay.contains(want) }

    /// Whether messages of the open conversation were asked for and haven't come yet.
    var isAskingPages: Bool { underWay.contains { $0.isPage } }

    /// Whether something is to be asked as soon as that may be.
    func isWanting(_ want: Want) -> Bool { wanted.contains(want) }

    /// What is to be asked now. Each kind is asked once at a time; what is held waits.
    mutating func due(peer: String?, limit: Int, isHeld: (Want) -> Bool = { _ in false }) -> [ChatRequest] {
        var due: [ChatRequest] = []
        for want in [.list, .newest] as [Want] + wanted.filter({ $0 != .list && $0 != .newest }) {
            guard wanted.contains(want), !underWay.contains(want), !isHeld(want) else { continue }
            wanted.remove(want)
            guard let request = request(want, peer, limit) else { continue }
            underWay.insert(want)
            due.append(request)
        }
        if !read.isEmpty {
            due.append(.markRead(read))
            read = []
        }
        return due
    }

    private func request(_ want: Want, _ peer: String?, _ limit: Int) -> ChatRequest? {
        switch want {
        case .list: return .list(after: nil)
        case .more(let cursor): return .list(after: cursor)
        case .newest:
            guard let peer else { return nil }
            return .page(.init(peer: peer, limit: min(limit, ConversationQuery.maximumLimit)))
        case .draft(let peer): return .draft(peer)
        case .part(let part):
            guard let peer else { return nil }
            var request = ChatRequest.PageRequest(peer: peer, limit: Chat.pageLimit)
            switch part {
            case .newest: break
            case .before(let position): request.before = position
            case .after(let position): request.after = position
            }
            return .page(request)
        }
    }
}

extension ChatRequest.PageRequest {
    var part: MessageWindow.Part {
        if let before { return .before(before) }
        if let after { return .after(after) }
        return .newest
    }
}
