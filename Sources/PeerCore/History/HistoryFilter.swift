import Basics

/// From where on messages of a conversation are asked for.
public enum HistoryStart: Hashable, Sendable {
    /// The last ones.
    case end
    /// Those that stand before a position, the last of them first to be found.
    case before(InboxPosition)
    /// Those that stand after a position.
    case after(InboxPosition)

    /// What lies on this side, of messages in the order of the conversation: as they are to be looked at, the nearest first.
    func ordered<Place>(_ messages: [(position: InboxPosition, Place)]) -> [(position: InboxPosition, Place)] {
        switch self {
        case .end: messages.reversed()
        case .before(let position): messages.filter { $0.position < position }.reversed()
        case .after(let position): messages.filter { $0.position > position }
        }
    }
}

/// Which messages of a conversation are asked for.
public struct HistoryFilter: Hashable, Sendable {
    public var peer: PeerID
    public var start: HistoryStart
    /// Only those whose text contains this, regardless of case; empty: all.
    public var search: String
    /// Only those accepted or received at or after this time, by this machine's clock.
    public var since: UnixTime?
    /// At most so many.
    public var limit: Int

    public init(
        peer: PeerID, start: HistoryStart = .end, search: String = "", since: UnixTime? = nil, limit: Int = .max
    ) {
        self.peer = peer
        self.start = start
        self.search = search
        self.since = since
        self.limit = limit
    }
}
