import Basics
import Conversations
import Storage

/// Who was introduced by whom, in the table `conversations`. The card itself lies with its message, and goes with it.
/// ```
///   v ‖ introducer ‖ introduced    the place of the message: the newest, where there are several
///   w ‖ introduced ‖ introducer    nothing
/// ```
enum IntroductionTable {
    static let byIntroducer = [UInt8(ascii: "v")]
    static func introducer(_ peer: PeerID) -> [UInt8] { byIntroducer + peer.bytes.array }
    static func introduced(_ peer: PeerID) -> [UInt8] { [UInt8(ascii: "w")] + peer.bytes.array }

    /// People whom somebody who isn't accepted may have introduced: what strangers may fill is for many of them.
    static let mostOfStranger = 8

    /// How many are kept of one who introduces, and of all, when another comes: strangers can't crowd out those who are accepted.
    static func most(isByAccepted: Bool) -> (ofIntroducer: Int, ofAll: Int) {
        isByAccepted
            ? (Limits.introductionsPerPeer, Limits.introductions)
            : (mostOfStranger, Limits.introductions / 2)
    }

    /// What is to be written for a card at a place.
    static func writes(of peer: PeerID, at position: InboxPosition) -> [StoreWrite] {
        [
            StoreWrite(.conversations, introducer(position.from) + peer.bytes.array, InboxTable.place(position)),
            StoreWrite(.conversations, introduced(peer) + position.from.bytes.array, []),
        ]
    }
}

extension StoreView {
    /// Writes down that the sender of the message at a place introduces a peer, unless they have done so in a newer one, or there is no
    /// room: what was kept before isn't forgotten for it. The message shows its card all the same.
    mutating func putIntroduction(
        of peer: PeerID, at position: InboxPosition, sentAt: UnixTime, isByAccepted: Bool
    ) {
        let prefix = IntroductionTable.introducer(position.from)
        if let place = value(.conversations, prefix + peer.bytes.array) {
            // Messages may come in any order.
            guard let known = InboxTable.position(place: place.span.bytes), let entry = inboxEntry(known),
                (sentAt, position) < (entry.sentAt, known)
            else { return put(of: peer, at: position) }
        } else if count(prefix) < IntroductionTable.most(isByAccepted: isByAccepted).ofIntroducer,
            count(IntroductionTable.byIntroducer) < IntroductionTable.most(isByAccepted: isByAccepted).ofAll
        {
            put(of: peer, at: position)
        }
    }

    private mutating func put(of peer: PeerID, at position: InboxPosition) {
        for write in IntroductionTable.writes(of: peer, at: position) {
            put(.conversations, write.key, write.value ?? [])
        }
    }

    private func count(_ prefix: [UInt8]) -> Int {
        var count = 0
        scan(.conversations, prefix: prefix) { _, _ in
            count += 1
            return true
        }
        return count
    }

    /// The message at a place is about to be removed: so is what it says, unless a newer one says it as well.
    mutating func removeIntroduction(at position: InboxPosition) {
        guard let peer = inboxEntry(position)?.introduction?.peer else { return }
        let key = IntroductionTable.introducer(position.from) + peer.bytes.array
        guard value(.conversations, key) == InboxTable.place(position) else { return }
        remove(.conversations, key)
        remove(.conversations, IntroductionTable.introduced(peer) + position.from.bytes.array)
    }

    /// By whom of those who count a peer was introduced, in the order of their IDs: at most so many.
    func introductions(of peer: PeerID, limit: Int, by counts: (PeerID) -> Bool) -> [PeerIntroduction] {
        let prefix = IntroductionTable.introduced(peer)
        // At most as many as are kept of all peers.
        var introducers: [PeerID] = []
        scan(.conversations, prefix: prefix) { key, _ in
            if let introducer = Bytes32(key, at: prefix.count) { introducers.append(PeerID(introducer)) }
            return introducers.count < Limits.introductions
        }
        var found: [PeerIntroduction] = []
        for introducer in introducers where found.count < limit && counts(introducer) {
            let key = IntroductionTable.introducer(introducer) + peer.bytes.array
            let card = value(.conversations, key).flatMap { introduction(at: $0.span.bytes) }
            if let card { found.append(card) }
        }
        return found
    }

    /// All who were introduced, by who did it.
    func introductions() -> [PeerIntroduction] {
        var places: [[UInt8]] = []
        scan(.conversations, prefix: IntroductionTable.byIntroducer) { _, value in
            places.append(value.withUnsafeBytes { Array($0) })
            return places.count < Limits.introductions
        }
        return places.compactMap { introduction(at: $0.span.bytes) }
    }

    private func introduction(at place: RawSpan) -> PeerIntroduction? {
        guard let position = InboxTable.position(place: place), let entry = inboxEntry(position),
            let card = entry.introduction
        else { return nil }
        return PeerIntroduction(
            peer: card.peer, introducer: position.from, name: card.name, claimedName: card.claimedName,
            sentAt: entry.sentAt)
    }
}
