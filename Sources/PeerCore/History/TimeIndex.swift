import Basics
import Storage

/// Keys of the table `conversations` by which the messages of one conversation are found by time:
/// ```
///   i ‖ peer ‖ time u64 ‖ lamport ‖ sender ‖ ID    a message, and when it was accepted or received by this machine's clock; the value
///                                                  is its direction
/// ```
/// Times don't rise with places in a conversation: a message may come late, and a clock may be set. So a reader who wants what came since
/// some time would have to look at all messages to know that no earlier place has one.
enum TimeIndex {
    /// Messages that are looked up by time and sorted in one call. Of more, a part of the conversation is looked through.
    static let most = 20_000

    static func conversation(_ peer: PeerID) -> [UInt8] { [UInt8(ascii: "i")] + peer.bytes.array }

    static func key(_ position: InboxPosition, with peer: PeerID, at time: UnixTime) -> [UInt8] {
        start(of: time, with: peer) + InboxTable.place(position)
    }

    /// What the keys of this time begin with. A time before 1970 is taken for that.
    static func start(of time: UnixTime, with peer: PeerID) -> [UInt8] {
        conversation(peer) + UInt64(clamping: time.seconds).bigEndianBytes
    }

    static func position(_ key: RawSpan) -> InboxPosition? { InboxTable.position(place: key, at: 41) }
}

extension StoreView {
    mutating func putTime(
        _ time: UnixTime, of position: InboxPosition, with peer: PeerID, _ direction: MessageDirection
    ) {
        put(.conversations, TimeIndex.key(position, with: peer, at: time), [direction.rawValue])
    }

    mutating func removeTime(_ time: UnixTime, of position: InboxPosition, with peer: PeerID) {
        remove(.conversations, TimeIndex.key(position, with: peer, at: time))
    }

    /// The places of a conversation's messages that came at or after a time, in the order of the conversation; nil where there are more
    /// than `TimeIndex.most`, of which sorting would hold up all else.
    func recentPlaces(
        since time: UnixTime, with peer: PeerID
    ) -> [(position: InboxPosition, direction: MessageDirection)]? {
        var found: [(position: InboxPosition, direction: MessageDirection)] = []
        var isTooMuch = false
        // Shorter keys come first: none of this time is left out.
        scan(
            .conversations, prefix: TimeIndex.conversation(peer), after: TimeIndex.start(of: time, with: peer)
        ) { key, value in
            guard found.count < TimeIndex.most else {
                isTooMuch = true
                return false
            }
            if let position = TimeIndex.position(key), let direction = MessageDirection(value) {
                found.append((position, direction))
            }
            return true
        }
        return isTooMuch ? nil : found.sorted { $0.position < $1.position }
    }
}
