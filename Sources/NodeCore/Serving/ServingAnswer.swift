import Basics
import Cryptography
import Mailboxes
import Storage
import Wire

/// What the answer to a request about mail is.
enum ServingAnswer {
    case response(Response)
    /// It is in `Scratch.body` already.
    case written
    /// This, once the writes up to the ticket are on disk.
    case after(Ticket, Response)
    /// None; or the answer is on its way.
    case nothing
    /// The person's side is to say, of an envelope that is brought to it.
    case person(MailboxID, EnvelopeID, [UInt8])

    /// The answer to a discard.
    init(to outcome: DiscardOutcome) {
        self =
            switch outcome {
            case .keep(let count, let ticket): .after(ticket, .discarded(count: count))
            case .kept(let count): .response(.discarded(count: count))
            case .refused(let reason, let retryAfter): .response(.refused(reason, retryAfterSeconds: retryAfter))
            }
    }
}

/// A request about mail, and its requester.
struct ServingQuery {
    let request: Request
    let header: RPCHeader
    let source: Source
    /// The node that asks, and whether it keeps things for others as well.
    let asker: NodeID
    let isServer: Bool
    /// Over what it came.
    let family: AddressFamilies
    /// What the session is bound to, where it is proven.
    let binding: Digest512?
}

extension TombstoneReader {
    /// All tombstones of a list.
    static func all(of list: ByteRange, in body: RawSpan) -> [Tombstone] {
        var reader = TombstoneReader(list)
        var tombstones: [Tombstone] = []
        while let tombstone = reader.next(in: body) { tombstones.append(tombstone) }
        return tombstones
    }
}
