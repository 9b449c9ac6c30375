import Basics

/// What a node answers to a `Request`. Each case names the requests that it answers.
///
/// Ranges are parts of the body it was decoded from, or of the `payload` it is encoded with.
public enum Response: Hashable, Sendable {
    /// To ping: where the responder sees the sender, and the responder's time.
    case pong(observed: Endpoint, time: UnixTime)
    /// To findNode: `ContactReader` reads them. It may be none.
    case contacts(ByteRange)
    /// To getRecord and fetch.
    case chunk(DownloadChunk)
    /// To putRecord, deposit and deliver: bit i is set when chunk i has arrived. Nothing is durable yet.
    case partial(UInt128)
    /// To putRecord and deposit: all of it is durable.
    case kept
    /// To deposit: the owner has collected this envelope already.
    case collected(Tombstone)
    /// To authorize.
    case granted
    /// To list: `EntryReader` reads them. `more`: there are more after the last.
    case page(entries: ByteRange, more: Bool)
    /// To discard: how many of the tombstones are durable.
    case discarded(count: Int)
    /// To deliver: the recipient has it durably.
    case accepted
    /// To reconcile: how what the responder keeps differs from what the requester does, from `ItemKey.first` on to the
    /// last bound; `RangeReader` reads it. What lies behind wasn't compared. Where the responder keeps all
    /// that there is only in a smaller subtree, its depth is there, and no ranges are.
    case reconciled(ranges: ByteRange, depth: Int?)
    /// To has: `AuditProof` of the envelope.
    case proof(Bytes32)
    /// To has: the owner has discarded this envelope. The key's hash is the mailbox.
    case collectedBy(BlindedKey, Tombstone)
    /// To confirm.
    case reached
    /// To subscribe: for so many seconds, at most as many as were asked for.
    case subscribed(seconds: UInt32)
    /// To announce.
    case noticed
    /// To punch: what the reader of the mailbox answers; from a node that has passed the offer on also where it sees the reader.
    case passed(answer: ByteRange, answerer: Endpoint?)
    /// To anything: why not, and after how many seconds (at most `Limits.retryAfterSeconds`) it may be tried again.
    case refused(RefusalReason, retryAfterSeconds: UInt32)
}

/// How a request ended: the first field of every response.
enum Outcome: UInt8 {
    case done = 0
    case partial = 1
    case collected = 2
    case refused = 3
}

extension Response {
    /// Reads a whole body. The header's kind and request ID must be those of the request that is waiting.
    public static func decode(_ body: RawSpan) throws(DecodeError) -> (header: RPCHeader, response: Response) {
        let header = try RPCHeader(decoding: body)
        return (header, try decode(body, after: header))
    }

    /// Reads a body whose header has been read.
    public static func decode(_ body: RawSpan, after header: RPCHeader) throws(DecodeError) -> Response {
        guard header.isResponse else { throw .wrongDirection }
        let fields = try Fields(decoding: body)
        guard let outcome = Outcome(rawValue: try fields.u8(.outcome, body)) else { throw .outOfRange }
        guard fields.contains(.received) == (outcome == .partial),
            fields.contains(.tombstones) == (outcome == .collected),
            fields.contains(.reason) == (outcome == .refused)
        else { throw .contradictory }
        guard header.kind != nil || outcome == .refused else { throw .unknownRPC }
        let rpc = header.kind?.rpc
        switch outcome {
        case .done:
            guard let rpc else { throw .unknownRPC }
            return try rpc.answer(fields, body)
        case .partial:
            guard let rpc, rpc.carriesChunk else { throw .contradictory }
            return .partial(try fields.u128(.received, body))
        case .collected:
            guard let rpc, rpc.mayBeCollected else { throw .contradictory }
            var tombstones = TombstoneReader(try TombstoneReader.check(try fields.range(.tombstones, body), body))
            guard let tombstone = tombstones.next(in: body), tombstones.isAtEnd else { throw .contradictory }
            if rpc.namesCollector {
                return .collectedBy(BlindedKey(try fields.bytes32(.key, body)), tombstone)
            }
            return .collected(tombstone)
        case .refused: return try refusal(fields, body)
        }
    }

    /// A reason of a later version reads as `.busy`: ask another node, or again later.
    private static func refusal(_ fields: Fields, _ body: RawSpan) throws(DecodeError) -> Response {
        let number = try fields.u8(.reason, body)
        guard number > 0 else { throw .outOfRange }
        let seconds = fields.contains(.retryAfter) ? try fields.u32(.retryAfter, body) : 0
        return .refused(
            RefusalReason(rawValue: number) ?? .busy, retryAfterSeconds: min(seconds, Limits.retryAfterSeconds))
    }
}

extension Response {
    /// Appends the whole body of the answer to the request that had `request` as its header.
    public func encode(answering request: RPCHeader, payload: RawSpan, into writer: inout ByteWriter) {
        request.answer.encode(into: &writer)
        writer.field(.outcome, u8: outcome.rawValue)
        switch self {
        case .pong(let observed, let time):
            writer.field(.endpoint, observed)
            writer.field(.time, count: 8)
            writer.time(time)
        case .contacts(let contacts): writer.field(.contacts, contacts, of: payload)
        case .chunk(let chunk): writer.fields(chunk, of: payload)
        case .partial(let received): writer.field(.received, u128: received)
        case .collected(let tombstone):
            writer.field(.tombstones, count: TombstoneReader.entryByteCount)
            writer.tombstone(tombstone)
        case .page(let entries, let more):
            writer.field(.entries, entries, of: payload)
            writer.field(.more, u8: more ? 1 : 0)
        case .discarded(let count): writer.field(.count, u8: UInt8(clamping: count))
        case .proof(let proof): writer.field(.proof, proof)
        case .collectedBy(let key, let tombstone):
            writer.field(.key, key.bytes)
            writer.field(.tombstones, count: TombstoneReader.entryByteCount)
            writer.tombstone(tombstone)
        case .reconciled(let ranges, let depth):
            writer.field(.ranges, ranges, of: payload)
            if let depth { writer.field(.depth, u8: UInt8(clamping: depth)) }
        case .refused(let reason, let seconds):
            writer.field(.reason, u8: reason.rawValue)
            if seconds > 0 { writer.field(.retryAfter, u32: seconds) }
        case .subscribed(let seconds): writer.field(.duration, u32: seconds)
        case .passed(let answer, let answerer):
            writer.field(.bytes, answer, of: payload)
            if let answerer { writer.field(.endpoint, answerer) }
        case .kept, .granted, .accepted, .reached, .noticed: break
        }
    }

    /// Appends the whole body of an answer without ranges.
    public func encode(answering request: RPCHeader, into writer: inout ByteWriter) {
        encode(answering: request, payload: RawSpan(), into: &writer)
    }

    private var outcome: Outcome {
        switch self {
        case .partial: .partial
        case .collected, .collectedBy: .collected
        case .refused: .refused
        default: .done
        }
    }
}
