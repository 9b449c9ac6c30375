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
    }

    private var waiting: [Reply] = []

    var count: Int { waiting.count }

    /// Whether no more may wait.
    var isFull: Bool { waiting.count >= Limits.deferredAnswers }

    mutating func append(_ reply: Reply) { waiting.append(reply) }

    /// Removes those that wait for nothing later than `ticket`, in the order in which they came.
    mutating func remove(through ticket: Ticket) -> [Reply] {
        var due: [Reply] = []
        waiting.removeAll { reply in
            if reply.ticket <= ticket { due.append(reply) }
            return reply.ticket <= ticket
        }
        return due
    }
}
