import Basics
import Sessions
import Storage
import Wire

/// Answers that wait until what they promise is durable.
struct DeferredReplies {
    /// One of them.
    struct Reply {
        let ticket: Ticket
        let header: RPCHeader
        let carrier: ReplyCarrier
        let response: Response
        /// Who waits for it.
        let account: Account
    }

    private var waiting: [Reply] = []
    /// By account: while a disk is slow, who writes most must not keep others from writing.
    private var shares = Shares(capacity: Limits.deferredAnswers, share: Limits.deferredAnswersPerBlock)

    var count: Int { waiting.count }

    /// Whether one more for an account may wait, at the expense of another where all the room is used.
    func hasRoom(for account: Account) -> Bool {
        switch shares.room(of: account) {
        case .free: true
        case .displacing(let other): other != account
        case .none: false
        }
    }

    /// Takes one in, for which there must be room. Returns the one that waits no longer for it: the newest of the account that has
    /// most.
    mutating func append(_ reply: Reply) -> Reply? {
        var leaving: Reply?
        if case .displacing(let account) = shares.room(of: reply.account),
            let place = waiting.lastIndex(where: { $0.account == account })
        {
            leaving = waiting.remove(at: place)
            shares.remove(from: account)
        }
        waiting.append(reply)
        shares.add(to: reply.account)
        return leaving
    }

    /// Removes those that wait for nothing later than `ticket`, in the order in which they came.
    mutating func remove(through ticket: Ticket) -> [Reply] {
        var due: [Reply] = []
        waiting.removeAll { reply in
            if reply.ticket <= ticket { due.append(reply) }
            return reply.ticket <= ticket
        }
        for reply in due { shares.remove(from: reply.account) }
        return due
    }
}
