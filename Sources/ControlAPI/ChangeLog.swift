import Synchronization

/// What has changed lately, for readers of events who were away meanwhile.
///
/// A change has no number of its own. It is remembered with the number of the last message at that time: events tell of it before any
/// message that came later, so that whoever has been told of a later one has not missed it.
public final class ChangeLog: Sendable {
    /// Something that an event tells of.
    public enum Change: Hashable, Sendable {
        /// Messages of the conversation with this peer were marked as read or deleted, or its peer was accepted or blocked.
        case conversation(String)
        /// What was begun to this peer is another text, or none.
        case draft(String)
        /// The sent message with this ID stands otherwise.
        case sent(String)
    }

    /// Changes that are remembered, each once: as many as wait for a reader that is there.
    package static let capacity = MessageWatch.capacity

    private struct State {
        /// When each happened last.
        var numbers: [Change: Int] = [:]
        /// From this number on all is known.
        var floor: Int
    }

    private let state: Mutex<State>

    /// `number`: of the last message by now. What has changed before isn't known.
    public init(after number: Int) { state = Mutex(State(floor: number + 1)) }

    /// Remembers a change that happens when the last message is that with this number.
    public func note(_ change: Change, at number: Int) {
        state.withLock { state in
            state.numbers[change] = number
            guard state.numbers.count > ChangeLog.capacity else { return }
            // Half of them at once, so that it is rarely looked through.
            let kept = state.numbers.values.sorted()[ChangeLog.capacity / 2]
            state.numbers = state.numbers.filter { $0.value > kept }
            state.floor = max(state.floor, kept + 1)
        }
    }

    /// What may have been missed by who was told of the message with this number last; nil where that isn't known any more.
    public func changes(since number: Int) -> Set<Change>? {
        state.withLock { state in
            number < state.floor ? nil : Set(state.numbers.filter { $0.value >= number }.keys)
        }
    }
}

/// What has changed of messages that were told of before, as it stands.
public struct MissedChanges: Sendable, Equatable {
    /// The peers of conversations that changed.
    public var conversations: Set<String>
    /// The peers to whom something else, or nothing any more, is begun.
    public var drafts: Set<String>
    /// Sent messages that stand otherwise, without their texts.
    public var changed: [SentMessage]

    public init(conversations: Set<String> = [], drafts: Set<String> = [], changed: [SentMessage] = []) {
        self.conversations = conversations
        self.drafts = drafts
        self.changed = changed
    }

    /// `message`: the sent message with an ID, if there still is one.
    public init(_ changes: Set<ChangeLog.Change>, message: (String) async -> SentMessage?) async {
        self.init()
        for change in changes {
            switch change {
            case .conversation(let peer): conversations.insert(peer)
            case .draft(let peer): drafts.insert(peer)
            case .sent(let id): if let message = await message(id) { changed.append(message.withoutText) }
            }
        }
        changed.sort { ($0.acceptedAt, $0.id.hex) < ($1.acceptedAt, $1.id.hex) }
    }
}
