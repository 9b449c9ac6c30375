import Basics
import Exchange
import Sessions
import Wire

/// Offers of a way that buddies have passed on to this node's person, and the answers to them.
package struct Offers {
    private struct Offer {
        let id: OfferID
        let hash: Bytes32
        let cameAt: Instant
        let carrier: ReplyCarrier
        let header: RPCHeader
        /// Empty: the person won't answer.
        var answer: [UInt8]?
    }

    /// What becomes of an offer.
    package enum Receipt: Equatable {
        /// The person is to see it.
        case new(OfferID)
        /// It was answered a moment ago, with this.
        case answered([UInt8])
        /// Its answer is on its way.
        case waits
        /// It gets none, or is one too many.
        case refused
    }

    private var offers: [Offer] = []
    /// When the last ones came, of a second.
    private var lately: [Instant] = []
    private var lastID: UInt64 = 0

    package init() {}

    /// An offer has come.
    package mutating func receive(
        _ hash: Bytes32, _ header: RPCHeader, over carrier: ReplyCarrier, now: Instant
    ) -> Receipt {
        offers.removeAll { now - $0.cameAt >= Limits.offerAnswerTime }
        if let known = offers.first(where: { $0.hash == hash }) {
            guard let answer = known.answer else { return .waits }
            return answer.isEmpty ? .refused : .answered(answer)
        }
        lately.removeAll { now - $0 >= .seconds(1) }
        guard lately.count < Limits.offersRead, offers.count < Limits.offersHeld else { return .refused }
        lately.append(now)
        lastID += 1
        let id = OfferID(number: lastID)
        offers.append(Offer(id: id, hash: hash, cameAt: now, carrier: carrier, header: header))
        return .new(id)
    }

    /// The person has answered, or won't. Returns the request that hears of it.
    package mutating func resolve(
        _ id: OfferID, with answer: [UInt8]?
    ) -> (carrier: ReplyCarrier, header: RPCHeader)? {
        guard let index = offers.firstIndex(where: { $0.id == id }) else { return nil }
        offers[index].answer = answer ?? []
        return (offers[index].carrier, offers[index].header)
    }
}
