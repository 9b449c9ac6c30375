import Basics
import PeerCore
import Testing

/// All that a person was told, or could have seen by asking at any time, and that none of it is ever taken back.
struct Witness {
    let name: String
    /// Whether sent messages that have ended may be forgotten.
    var forgetsSent = false
    private var states: [MessageID: MessageState] = [:]
    private var received: Set<InboxPosition> = []
    /// What the person has had deleted: until that is durable it may be seen.
    private var deleted: Set<InboxPosition> = []
    private var read: Set<InboxPosition> = []
    private var arrivals: [UInt64: InboxPosition] = [:]

    init(name: String) { self.name = name }

    /// Takes a notice for what it says.
    mutating func hear(_ notice: PeerNotice) {
        switch notice {
        case .accepted(let id): see(id, states[id] ?? .queued, "is told")
        case .notAccepted(let id, _): #expect(states[id] == nil, "\(name) is told that \(id) was never accepted")
        case .changed(let message): see(message.id, message.state, "is told")
        case .received(let message): see(message)
        case .conversationChanged, .draftChanged: break
        }
    }

    /// Asks for all that there is: what was told or seen before must still be true.
    mutating func look(at agent: PeerAgent, now: Now) {
        guard agent.inboxMessages <= Witness.readable else { return }
        let sent = agent.outgoingMessages()
        for message in sent { see(message.id, message.state, "sees") }
        let missing = Set(states.keys).subtracting(sent.map(\.id))
            .filter { !forgetsSent || states[$0]?.isUnderWay == true }
        #expect(missing.isEmpty, "\(name) sees no more what was sent")
        let inbox = agent.inbox(InboxFilter(), now: now)
        for message in inbox { see(message) }
        let lost = received.subtracting(deleted).subtracting(inbox.map(\.position))
        #expect(lost.isEmpty, "\(name) sees no more what came")
        lookAtConversations(of: agent, inbox, sent, now: now)
    }

    /// Each message that came or was sent stands in one conversation, at its place.
    private func lookAtConversations(
        of agent: PeerAgent, _ inbox: [IncomingMessage], _ sent: [SentMessage], now: Now
    ) {
        guard agent.isHistoryIndexed else { return }
        let overviews = agent.conversations(after: nil, limit: .max, now: now)
        var messages: [HistoryMessage] = []
        for overview in overviews {
            let peer = overview.place.peer
            var all: [HistoryMessage] = []
            var part = agent.history(HistoryFilter(peer: peer), now: now)
            while true {
                all = part.messages + all
                guard let earlier = part.earlier else { break }
                part = agent.history(HistoryFilter(peer: peer, start: .before(earlier)), now: now)
            }
            messages += all
            #expect(all.map(\.position) == all.map(\.position).sorted())
            #expect(overview.last == all.last, "\(name): the last of a conversation")
            let unread = inbox.count { $0.from == peer && !$0.isRead }
            #expect(overview.unread == unread, "\(name) counts what is unread")
        }
        let expected =
            inbox.map(\.position)
            + sent.filter { $0.to != agent.id }.map { message in
                messages.map(\.position).first { $0.id == message.id && $0.from == agent.id }
                    ?? InboxPosition(lamport: 0, from: agent.id, id: message.id)
            }
        #expect(Set(messages.map(\.position)) == Set(expected), "\(name): conversations hold what came and was sent")
        #expect(messages.count == expected.count, "\(name): each once")
        let numbers = overviews.map(\.place.number)
        #expect(numbers == numbers.sorted(by: >), "\(name): the newest conversation first")
    }

    /// More than so many messages nobody reads again after every commit.
    private static let readable = 100

    /// The person has messages deleted.
    mutating func delete(_ references: [InboxReference]) {
        for reference in references {
            switch reference {
            case .message(let id): deleted.formUnion(received.filter { $0.id == id })
            case .position(let position): deleted.insert(position)
            }
        }
    }

    private mutating func see(_ id: MessageID, _ state: MessageState, _ how: String) {
        if let before = states[id] {
            #expect(Witness.follows(state, before), "\(name) \(how) \(state) after \(before)")
        }
        states[id] = state
    }

    private mutating func see(_ message: IncomingMessage) {
        let position = message.position
        received.insert(position)
        #expect(message.isRead || !read.contains(position), "\(name) has read \(message.text), and sees it unread")
        if message.isRead { read.insert(position) }
        guard message.arrival > 0 else { return }
        #expect(arrivals[message.arrival] ?? position == position, "\(name) sees number \(message.arrival) given twice")
        arrivals[message.arrival] = position
    }

    /// Whether a state may be said after another: only a message that failed may still turn out to have arrived.
    private static func follows(_ state: MessageState, _ before: MessageState) -> Bool {
        switch before {
        case .queued, .stored, .collected: state >= before
        case .delivered: state == .delivered || state == .read
        case .read: state == .read
        case .failed: state == .failed || state == .delivered || state == .read
        }
    }
}
