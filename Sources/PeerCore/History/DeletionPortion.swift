import Basics

/// Some messages of a conversation that is being deleted, so that a long one holds up nothing else.
struct DeletionPortion {
    let peer: PeerID
    /// In the order of the conversation.
    let places: [(position: InboxPosition, direction: MessageDirection)]

    /// As many places as one portion has.
    static let size = Limits.removalsPerSweep

    /// The received ones among them.
    var received: [InboxReference] {
        places.filter { $0.direction == .received }.map { .position($0.position) }
    }

    /// After which position it is to go on; nil where nothing is left.
    var rest: InboxPosition? { places.count == DeletionPortion.size ? places.last?.position : nil }

    /// Removes the places of messages that are gone: an older version that used this store may have left them behind.
    func removeGone(_ turn: inout Turn) {
        for place in places { turn.view.removeIfGone(place.position, with: peer, place.direction) }
    }
}
