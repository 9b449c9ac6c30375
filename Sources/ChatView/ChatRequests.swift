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
    /// What was asked and isn't answered yet, each with the number of its asking.
    private var underWay: [Want: Int] = [:]
    private var askings = 0
    /// What was not fulfilled: it is asked again when somebody does something, and not by itself for ever.
    private var failed: Set<Want> = []
    private var failedMarks: [String] = []
    /// Positions of messages that are to be marked, and that were asked to be.
    private var read: [String] = []
    private var marked: Set<String> = []

    /// Positions that are remembered, so that none is asked for twice: some windows' worth.
    private static let keptMarks = 4 * MessageWindow.maximumMessages

    mutating func want(_ want: Want) { if !failed.contains(want) { wanted.insert(want) } }

    /// There is news of it: it is asked for whether or not that failed before.
    mutating func wantAnew(_ want: Want) {
        failed.remove(want)
        wanted.insert(want)
    }

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
        underWay = [:]
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
        underWay = underWay.filter { !$0.key.isPage }
        failed = failed.filter { !isOfConversation($0) }
        failedMarks = []
        read = []
        marked = []
    }

    /// A request has ended; whether it was fulfilled.
    mutating func end(_ request: ChatRequest, isDone: Bool) {
        switch request {
        case .list(let cursor): end(cursor.map { .more($0) } ?? .list, isDone)
        case .page(let page): if isUnderWay(page) { end(page.want, isDone) }
        case .markRead(let positions): if !isDone { failedMarks += positions }
        case .draft(let peer): end(.draft(peer), isDone)
        case .send, .keepDraft, .decide: break
        }
    }

    private mutating func end(_ want: Want, _ isDone: Bool) {
        guard underWay.removeValue(forKey: want) != nil, !isDone else { return }
        failed.insert(want)
    }

    /// Whether something was asked and isn't answered yet.
    func isAsking(_ want: Want) -> Bool { underWay[want] != nil }

    /// Whether this page is still waited for, and not another in its place, as after a change of the open conversation.
    func isUnderWay(_ page: ChatRequest.PageRequest) -> Bool { underWay[page.want] == page.number }

    /// Whether messages of the open conversation were asked for and haven't come yet.
    var isAskingPages: Bool { underWay.keys.contains { $0.isPage } }

    /// Whether something is to be asked as soon as that may be.
    func isWanting(_ want: Want) -> Bool { wanted.contains(want) }

    /// What is to be asked now. Each kind is asked once at a time; what is held waits.
    mutating func due(peer: String?, limit: Int, isHeld: (Want) -> Bool = { _ in false }) -> [ChatRequest] {
        var due: [ChatRequest] = []
        for want in [.list, .newest] as [Want] + wanted.filter({ $0 != .list && $0 != .newest }) {
            guard wanted.contains(want), !isAsking(want), !isHeld(want) else { continue }
            wanted.remove(want)
            guard let request = request(want, peer, limit) else { continue }
            underWay[want] = askings
            due.append(request)
        }
        if !read.isEmpty {
            due.append(.markRead(read))
            read = []
        }
        return due
    }

    private mutating func request(_ want: Want, _ peer: String?, _ limit: Int) -> ChatRequest? {
        askings += 1
        switch want {
        case .list: return .list(after: nil)
        case .more(let cursor): return .list(after: cursor)
        case .newest:
            guard let peer else { return nil }
            return .page(.init(peer: peer, limit: min(limit, ConversationQuery.maximumLimit), number: askings))
        case .draft(let peer): return .draft(peer)
        case .part(let part):
            guard let peer else { return nil }
            var request = ChatRequest.PageRequest(peer: peer, limit: Chat.pageLimit, number: askings)
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
    fileprivate var want: ChatRequests.Want { part == .newest ? .newest : .part(part) }

    var part: MessageWindow.Part {
        if let before { return .before(before) }
        if let after { return .after(after) }
        return .newest
    }
}
