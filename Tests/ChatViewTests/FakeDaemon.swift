import Basics
import ChatView
import ControlAPI
import Cryptography
import Foundation

/// Conversations in memory, and answers about them as a daemon gives them.
struct FakeDaemon {
    /// Each in its order, which isn't that of the numbers.
    private(set) var conversations: [String: [ConversationMessage]] = [:]
    private var seq = 0
    private var keys: [String: SentMessage] = [:]
    /// Messages in an answer at most, whatever is asked for.
    var pageLimit = ConversationQuery.maximumLimit
    var listLimit = 50
    /// Of peers who aren't accepted.
    var standings: [String: PeerStanding] = [:]
    /// By whom peers without a name were introduced.
    var introductions: [String: [IntroductionReport]] = [:]
    /// What was begun.
    var drafts: [String: String] = [:]

    /// Adds a message at the end, or so many before it.
    @discardableResult mutating func add(
        _ text: String, _ peer: String, received: Bool, state: ConversationState? = nil, at date: Date = Samples.noon,
        beforeLast count: Int = 0, introduction: IntroductionReport? = nil, renaming: RenamingReport? = nil
    ) -> ConversationMessage {
        seq += 1
        let message = ConversationMessage(
            message: MessageID(UInt128(seq)).hex, seq: seq, position: "p\(seq * 7_919 % 1_000_003)",
            from: received ? peer : Samples.me, to: received ? Samples.me : peer, text: text, sentAt: date,
            receivedAt: received ? date : nil, state: state ?? (received ? .received : .delivered),
            introduction: introduction, renaming: renaming)
        let known = conversations[peer, default: []]
        conversations[peer, default: []].insert(message, at: max(0, known.count - count))
        return message
    }

    mutating func remove(_ index: Int, _ peer: String) { conversations[peer]?.remove(at: index) }

    /// A sent message comes on.
    mutating func change(_ id: String, _ peer: String, to state: MessageState, of: Int = 0) -> SentMessage? {
        guard let index = conversations[peer]?.firstIndex(where: { $0.message == id }),
            let number = UInt128(id, radix: 16), let to = Samples.peers[peer]
        else { return nil }
        conversations[peer]?[index].state = ConversationState(rawValue: state.name) ?? .failed
        conversations[peer]?[index].of = of
        conversations[peer]?[index].buddies = of
        return SentMessage(
            id: MessageID(number), to: to, state: state, buddies: of, of: of, acceptedAt: UnixTime(Samples.noon),
            expiresAt: UnixTime(Samples.noon))
    }

    func unread(_ peer: String) -> Int { conversations[peer, default: []].count { $0.state == .received } }

    func page(_ request: ChatRequest.PageRequest) -> ConversationPage {
        let all = conversations[request.peer, default: []]
        let limit = min(request.limit, pageLimit)
        var range = max(0, all.count - limit)..<all.count
        if let before = request.before, let end = all.firstIndex(where: { $0.position == before }) {
            range = max(0, end - limit)..<end
        } else if let after = request.after, let start = all.firstIndex(where: { $0.position == after }) {
            range = start + 1..<min(all.count, start + 1 + limit)
        }
        return ConversationPage(
            messages: Array(all[range]),
            earlier: range.lowerBound > 0 && !range.isEmpty ? all[range.lowerBound].position : nil,
            later: range.upperBound < all.count && !range.isEmpty ? all[range.upperBound - 1].position : nil)
    }

    private func list(_ cursor: String?) -> ConversationList {
        let highest = cursor.flatMap { Int($0) } ?? .max
        let all = conversations.map { peer, messages in
            ConversationReport(
                peer: peer, name: Samples.names[peer], standing: standings[peer] ?? .accepted, unread: unread(peer),
                seq: messages.map(\.seq).max() ?? 0,
                last: messages.last, introductions: introductions[peer])
        }.filter { $0.seq < highest }.sorted { $0.seq > $1.seq }
        let shown = Array(all.prefix(listLimit))
        return ConversationList(
            conversations: shown, next: all.count > shown.count ? shown.last.map { "\($0.seq)" } : nil)
    }

    /// What comes of a request: the answer, and news of it.
    mutating func answer(_ request: ChatRequest) -> [ChatEvent] {
        switch request {
        case .list(let cursor): return [.listed(list(cursor), after: cursor)]
        case .page(let request): return [.paged(page(request), request)]
        case .markRead(let positions):
            var events: [ChatEvent] = [.marked(positions)]
            for (peer, messages) in conversations {
                for (index, message) in messages.enumerated()
                where positions.contains(message.position) && message.state == .received {
                    conversations[peer]?[index].state = .read
                    events.append(.news(.conversation(peer)))
                }
            }
            return events
        case .draft(let peer): return [.drafted(DraftReport(peer: peer, text: drafts[peer] ?? ""))]
        case .keepDraft(let peer, let text):
            drafts[peer] = text.isEmpty ? nil : text
            return [.kept(to: peer, text: text), .news(.draft(peer))]
        case .decide(let decision, let peer):
            switch decision {
            case .accept: standings[peer] = nil
            case .block: standings[peer] = .blocked
            case .unblock: standings[peer] = .request
            case .refuse:
                conversations[peer] = nil
                drafts[peer] = nil
            }
            return [.decided(decision, about: peer), .news(.conversation(peer))]
        case .send(let key, let to, let text):
            if let known = keys[key] { return [.accepted(known, key: key)] }
            // A note to oneself has arrived at once.
            let isNote = to == Samples.me
            let message = add(text, to, received: isNote, state: .queued)
            guard let sent = change(message.message, to, to: isNote ? .delivered : .queued) else { return [] }
            keys[key] = sent
            standings[to] = nil
            return [.accepted(sent, key: key), .news(.sent(sent, seq: 0))]
        }
    }

    /// News of a message that has come.
    func news(_ message: ConversationMessage) -> ChatEvent {
        .news(
            .received(
                ReceivedNotice(
                    message: message.message, seq: message.seq, from: message.from, sentAt: message.sentAt,
                    receivedAt: message.sentAt, via: .direct, read: false, position: message.position)))
    }
}

/// Somebody at a screen, and a daemon.
struct Story {
    var chat: Chat
    var daemon = FakeDaemon()
    var now = Samples.noon
    /// The daemon answers at once; else what was asked waits here.
    var isAnswering = true
    private(set) var asked: [ChatRequest] = []
    private(set) var waiting: [ChatRequest] = []
    private(set) var directives: [ChatDirective] = []

    init(columns: Int = 80, rows: Int = 24, opening peer: String? = nil) {
        chat = Samples.chat(columns: columns, rows: rows, opening: peer)
    }

    /// Something happens, and what follows from it.
    mutating func happen(_ events: ChatEvent...) {
        var events = events
        var count = 0
        while !events.isEmpty, count < 10_000 {
            count += 1
            for directive in chat.handle(events.removeFirst(), now: now) {
                guard case .ask(let request) = directive else {
                    directives.append(directive)
                    continue
                }
                asked.append(request)
                if isAnswering { events += daemon.answer(request) } else { waiting.append(request) }
            }
        }
    }

    /// The daemon answers what waits.
    mutating func answerAll() {
        isAnswering = true
        let requests = waiting
        waiting = []
        for request in requests { for event in daemon.answer(request) { happen(event) } }
    }

    mutating func press(_ keys: Key...) { for key in keys { happen(.key(key)) } }
    mutating func type(_ text: String) { press(.text(text)) }

    mutating func receive(_ text: String, _ peer: String, beforeLast count: Int = 0) {
        happen(daemon.news(daemon.add(text, peer, received: true, at: now, beforeLast: count)))
    }

    var lines: [String] { chat.page(now: now).lines.map { $0.text().trimmed } }
    func shows(_ text: String) -> Bool { lines.contains { $0.contains(text) } }
    /// What is said at the bottom, in one or two rows.
    var foot: String { lines.suffix(2).joined(separator: " ") }
    var hasLeft: Bool { directives.contains(.leave) }
}

extension String {
    /// Without blanks at its end.
    var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
