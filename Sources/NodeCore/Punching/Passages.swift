import Basics
import Sessions
import Wire

/// An offer that this node passes on to who reads a mailbox.
struct Passage {
    /// Who asked, and as which request.
    let asker: NodeID
    let header: RPCHeader
    /// Where this node sees who asked.
    let endpoint: Endpoint
    /// What is passed on: sealed.
    let offer: [UInt8]
}

extension LateAnswer {
    /// What somebody answers to an offer, and where they are seen.
    init(passing bytes: [UInt8], seenAt endpoint: Endpoint?, to header: RPCHeader, over carrier: ReplyCarrier) {
        self.init(
            response: .passed(answer: ByteRange(offset: 0, count: bytes.count), answerer: endpoint), payload: bytes,
            header: header, carrier: carrier)
    }

    /// Nobody answers an offer, for whatever reason.
    init(refusing header: RPCHeader, over carrier: ReplyCarrier) {
        self.init(
            response: .refused(.notFound, retryAfterSeconds: 0), payload: [], header: header, carrier: carrier)
    }
}

/// The offers that others want this node to pass on: those that wait for an answer, and how many were passed on lately.
///
/// Each goes to somebody who has subscribed here, over their own session. Who asks hears of a good answer at once, and of everything else
/// after a fixed delay. So silence, absence and refusal look the same.
package struct Passages {
    private struct Waiting {
        let asker: NodeID
        let block: Account
        let header: RPCHeader
        let carrier: ReplyCarrier
        let refusedAt: Instant
    }

    private struct Record {
        let mailbox: MailboxID
        let block: Account
        let at: Instant
    }

    /// Oldest first.
    private var waiting: [Waiting] = []
    private var lately: [Record] = []

    package init() {}

    /// Somebody asks. False where the same request waits already, or too many do, of their address block or in all.
    package mutating func hold(
        _ header: RPCHeader, of asker: NodeID, from endpoint: Endpoint, over carrier: ReplyCarrier, now: Instant
    ) -> Bool {
        let block = Account.block(of: endpoint)
        guard waiting.count < Limits.offersWaiting,
            waiting.count(where: { $0.block == block }) < Limits.offersWaitingOfBlock,
            !waiting.contains(where: { $0.asker == asker && $0.header.requestID == header.requestID })
        else { return false }
        waiting.append(
            Waiting(
                asker: asker, block: block, header: header, carrier: carrier, refusedAt: now + Limits.offerPatience))
        return true
    }

    /// Whether one more may be passed on; if so, counts it. Not where there were enough for this mailbox, of this address block, or
    /// in all.
    package mutating func mayPass(to mailbox: MailboxID, from endpoint: Endpoint, now: Instant) -> Bool {
        lately.removeAll { now - $0.at >= Limits.offerMemory }
        let block = Account.block(of: endpoint)
        guard lately.count(where: { $0.mailbox == mailbox }) < Limits.offersPerMailbox,
            lately.count(where: { $0.mailbox == mailbox && $0.block == block }) < Limits.offersPerAsker,
            lately.count(where: { now - $0.at < .seconds(1) }) < Limits.offersPerSecond,
            lately.count(where: { $0.block == block && now - $0.at < .seconds(1) }) < Limits.offersPerSecondOfBlock
        else { return false }
        lately.append(Record(mailbox: mailbox, block: block, at: now))
        return true
    }

    /// A good answer has come. Returns how it goes to who asked; nil where that is over.
    package mutating func resolve(_ header: RPCHeader, of asker: NodeID) -> ReplyCarrier? {
        waiting.firstIndex { $0.asker == asker && $0.header.requestID == header.requestID }
            .map { waiting.remove(at: $0).carrier }
    }

    /// One whose time is over; called until nil.
    package mutating func nextRefusal(now: Instant) -> (header: RPCHeader, carrier: ReplyCarrier)? {
        guard let first = waiting.first, first.refusedAt <= now else { return nil }
        waiting.removeFirst()
        return (first.header, first.carrier)
    }

    /// When the next one's time is over.
    package var nextDue: Instant? { waiting.first?.refusedAt }
}
