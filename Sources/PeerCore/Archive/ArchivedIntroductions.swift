import Basics
import Conversations
import Storage

/// The cards that lie with the messages of an export. As labels are kept as many as of messages that come (`IntroductionTable.most`): those
/// of accepted people first, then the newest.
struct ArchivedIntroductions {
    private struct Card {
        let peer: PeerID
        let position: InboxPosition
        let sentAt: UnixTime
        /// Its message's place in the order of arrival; of one that has no number yet, which comes after all, the highest.
        let arrival: UInt64
    }

    /// By who introduces and who is introduced: the newest.
    private var cards: [[PeerID]: Card] = [:]
    private var accepted: Set<PeerID> = []

    /// Cards that are remembered until it is known who is accepted: many more than are kept, and little memory.
    private static let most = 16 * Limits.introductions

    /// A message of the export, which may have a card.
    mutating func observe(_ entry: InboxEntry, at position: InboxPosition) {
        guard let peer = entry.introduction?.peer else { return }
        let key = [position.from, peer]
        if let known = cards[key], (entry.sentAt, position) < (known.sentAt, known.position) { return }
        let arrival = entry.arrival == 0 ? .max : entry.arrival
        cards[key] = Card(peer: peer, position: position, sentAt: entry.sentAt, arrival: arrival)
        guard cards.count > ArchivedIntroductions.most else { return }
        cards = Dictionary(
            uniqueKeysWithValues: ordered.prefix(ArchivedIntroductions.most / 2).map {
                ([$0.position.from, $0.peer], $0)
            })
    }

    /// What the person has decided about a peer.
    mutating func observe(_ standing: PeerStanding, of peer: PeerID) {
        if standing == .accepted { accepted.insert(peer) } else { accepted.remove(peer) }
    }

    /// Those of accepted people first, of these the last to arrive.
    private var ordered: [Card] {
        func rank(_ card: Card) -> (Int, UInt64, InboxPosition) {
            (accepted.contains(card.position.from) ? 1 : 0, card.arrival, card.position)
        }
        return cards.values.sorted { rank($0) > rank($1) }
    }

    /// What is to be written for them.
    var writes: [StoreWrite] {
        var (kept, counts): ([Card], [PeerID: Int]) = ([], [:])
        for card in ordered {
            let introducer = card.position.from
            let most = IntroductionTable.most(isByAccepted: accepted.contains(introducer))
            guard counts[introducer, default: 0] < most.ofIntroducer, kept.count < most.ofAll else { continue }
            counts[introducer, default: 0] += 1
            kept.append(card)
        }
        return kept.flatMap { IntroductionTable.writes(of: $0.peer, at: $0.position) }
    }
}
