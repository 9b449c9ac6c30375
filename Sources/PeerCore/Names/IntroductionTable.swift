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

    /// What is to be written for a card at a place.
    static func writes(of peer: PeerID, at position: InboxPosition) -> [StoreWrite] {
        [
            StoreWrite(.conversations, introducer(position.from) + peer.bytes.array, InboxTable.place(position)),
            StoreWrite(.conversations, introduced(peer) + position.from.bytes.array, []),
        ]
    }
}

extension StoreView {
    /// Writes down that the sender of the message at a place introduces a peer, unless there is no room: what was kept before isn't
    /// forgotten for it. The message shows its card all the same.
    mutating func putIntroduction(of peer: PeerID, at position: InboxPosition, isByAccepted: Bool) {
        let prefix = IntroductionTable.introducer(position.from)
        let most = isByAccepted ? Limits.introductions : Limits.introductions / 2
        guard
            contains(.conversations, prefix + peer.bytes.array)
                || count(prefix) < Limits.introductionsPerPeer && count(IntroductionTable.byIntroducer) < most
        else { return }
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

    /// By whom a peer was introduced, in the order of their IDs: at most so many.
    func introductions(of peer: PeerID, limit: Int) -> [PeerIntroduction] {
        let prefix = IntroductionTable.introduced(peer)
        var introducers: [PeerID] = []
        scan(.conversations, prefix: prefix) { key, _ in
            guard introducers.count < limit else { return false }
            if let introducer = Bytes32(key, at: prefix.count) { introducers.append(PeerID(introducer)) }
            return true
        }
        return introducers.compactMap { introducer in
            let key = IntroductionTable.introducer(introducer) + peer.bytes.array
            return value(.conversations, key).flatMap { introduction(at: $0.span.bytes) }
        }
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
