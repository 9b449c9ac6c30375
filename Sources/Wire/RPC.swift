import Basics

/// The description of an RPC: its fields, how it may end, and how both of its bodies are read. Codecs, metrics, tests
/// and the tables of docs/protocol.md follow it.
package final class RPC: Sendable {
    /// Reads what the fields of a body say. The ranges in it are parts of the body.
    typealias Reader<Message> = @Sendable (_ fields: Fields, _ body: RawSpan) throws(DecodeError) -> Message

    /// The fields of a request, in ascending order, and those that are optional.
    package let asks, mayAsk: [FieldTag]
    /// The fields of an answer when it is done, in ascending order and without the outcome, and those that are
    /// optional.
    package let answers, mayAnswer: [FieldTag]
    /// Whether it may end as collected.
    package let mayBeCollected: Bool
    /// Whether it then names the key of the tombstone, as its asker may not know whose mailbox it is.
    package let namesCollector: Bool
    /// Whether a request brings a part of something larger, so that the answer may be partial.
    package let carriesChunk: Bool
    let request: Reader<Request>
    let answer: Reader<Response>

    private init(
        asks: [FieldTag] = [], mayAsk: [FieldTag] = [], answers: [FieldTag] = [], mayAnswer: [FieldTag] = [],
        mayBeCollected: Bool = false, namesCollector: Bool = false, request: @escaping Reader<Request>,
        answer: @escaping Reader<Response>
    ) {
        self.asks = asks
        self.mayAsk = mayAsk
        self.answers = answers
        self.mayAnswer = mayAnswer
        self.mayBeCollected = mayBeCollected
        self.namesCollector = namesCollector
        carriesChunk = asks.contains(.size)
        self.request = request
        self.answer = answer
    }

    private static let upload: [FieldTag] = [.location, .object, .size, .index, .bytes]
    private static let download: [FieldTag] = [.size, .index, .bytes]
}

extension RPCKind {
    /// Nil for a number that is reserved.
    package var rpc: RPC? {
        switch self {
        case .ping: .ping
        case .findNode: .findNode
        case .getRecord: .getRecord
        case .putRecord: .putRecord
        case .deposit: .deposit
        case .authorize: .authorize
        case .list: .list
        case .fetch: .fetch
        case .discard: .discard
        case .deliver: .deliver
        case .reconcile: .reconcile
        case .has: .has
        case .confirm: .confirm
        case .subscribe: .subscribe
        case .announce: .announce
        case .punch: .punch
        case .relay, .getPolicy, .putPolicy: nil
        }
    }
}

/// The table. `mayAsk` and `mayAnswer` of a ping are read by `AlternateEndpoint` and `PathChallenge`.
extension RPC {
    fileprivate static let ping = RPC(
        mayAsk: [.alternate, .challenge], answers: [.endpoint, .time], mayAnswer: [.alternate, .challenge],
        request: { (_, _) throws(DecodeError) in .ping },
        answer: { (fields, body) throws(DecodeError) in
            .pong(observed: try fields.endpoint(.endpoint, body), time: try fields.time(.time, body))
        })

    fileprivate static let findNode = RPC(
        asks: [.target, .count, .families], answers: [.contacts],
        request: { (fields, body) throws(DecodeError) in
            let count = Int(try fields.u8(.count, body))
            let families = AddressFamilies(rawValue: try fields.u8(.families, body)).intersection(.both)
            guard count > 0, !families.isEmpty else { throw .outOfRange }
            return .findNode(
                target: try fields.bytes32(.target, body), count: min(count, Limits.contactsPerAnswer),
                families: families)
        },
        answer: { (fields, body) throws(DecodeError) in
            .contacts(try ContactReader.check(try fields.range(.contacts, body), body))
        })

    fileprivate static let getRecord = RPC(
        asks: [.location, .index], answers: download,
        request: { (fields, body) throws(DecodeError) in
            .getRecord(Location(try fields.bytes32(.location, body)), chunk: try fields.index(of: .record, body))
        },
        answer: { (fields, body) throws(DecodeError) in .chunk(try fields.chunk(of: .record, body)) })

    fileprivate static let putRecord = RPC(
        asks: upload,
        request: { (fields, body) throws(DecodeError) in .putRecord(try fields.upload(of: .record, body)) },
        answer: { (_, _) throws(DecodeError) in .kept })

    fileprivate static let deposit = RPC(
        asks: upload, mayBeCollected: true,
        request: { (fields, body) throws(DecodeError) in .deposit(try fields.upload(of: .envelope, body)) },
        answer: { (_, _) throws(DecodeError) in .kept })

    fileprivate static let authorize = RPC(
        asks: [.location, .key, .signature],
        request: { (fields, body) throws(DecodeError) in
            .authorize(
                Location(try fields.bytes32(.location, body)), key: BlindedKey(try fields.bytes32(.key, body)),
                try fields.signature(.signature, body))
        },
        answer: { (_, _) throws(DecodeError) in .granted })

    fileprivate static let list = RPC(
        asks: [.location], mayAsk: [.after], answers: [.entries, .more],
        request: { (fields, body) throws(DecodeError) in
            let after = fields.contains(.after) ? EnvelopeID(try fields.bytes32(.after, body)) : nil
            return .list(Location(try fields.bytes32(.location, body)), after: after)
        },
        answer: { (fields, body) throws(DecodeError) in
            let entries = try EntryReader.check(try fields.range(.entries, body), body)
            let more = try fields.u8(.more, body)
            guard more <= 1 else { throw .outOfRange }
            guard more == 0 || entries.count > 0 else { throw .contradictory }
            return .page(entries: entries, more: more == 1)
        })

    fileprivate static let fetch = RPC(
        asks: [.location, .object, .index], answers: download,
        request: { (fields, body) throws(DecodeError) in
            .fetch(
                Location(try fields.bytes32(.location, body)), EnvelopeID(try fields.bytes32(.object, body)),
                chunk: try fields.index(of: .envelope, body))
        },
        answer: { (fields, body) throws(DecodeError) in .chunk(try fields.chunk(of: .envelope, body)) })

    fileprivate static let discard = RPC(
        asks: [.location, .key, .tombstones], answers: [.count],
        request: { (fields, body) throws(DecodeError) in
            .discard(
                Location(try fields.bytes32(.location, body)), key: BlindedKey(try fields.bytes32(.key, body)),
                tombstones: try TombstoneReader.check(try fields.range(.tombstones, body), body))
        },
        answer: { (fields, body) throws(DecodeError) in
            let count = Int(try fields.u8(.count, body))
            guard count <= Limits.tombstonesPerDiscard else { throw .outOfRange }
            return .discarded(count: count)
        })

    fileprivate static let reconcile = RPC(
        asks: [.ranges, .nonce, .day, .depth], answers: [.ranges], mayAnswer: [.depth],
        request: { (fields, body) throws(DecodeError) in
            .reconcile(
                ReconcileRequest(
                    nonce: try fields.u128(.nonce, body), firstDay: Day(number: try fields.u32(.day, body)),
                    depth: Int(try fields.u8(.depth, body)),
                    ranges: try RangeReader.check(try fields.range(.ranges, body), inRequest: true, body)))
        },
        answer: { (fields, body) throws(DecodeError) in
            let depth = fields.contains(.depth) ? Int(try fields.u8(.depth, body)) : nil
            let ranges = try RangeReader.check(try fields.range(.ranges, body), inRequest: false, body)
            // One that names a smaller subtree has compared nothing.
            guard (depth == nil) != (ranges.count == 0) else { throw .contradictory }
            return .reconciled(ranges: ranges, depth: depth)
        })

    fileprivate static let has = RPC(
        asks: [.location, .object, .nonce], answers: [.proof], mayBeCollected: true, namesCollector: true,
        request: { (fields, body) throws(DecodeError) in
            .has(
                Location(try fields.bytes32(.location, body)), EnvelopeID(try fields.bytes32(.object, body)),
                nonce: try fields.u128(.nonce, body))
        },
        answer: { (fields, body) throws(DecodeError) in .proof(try fields.bytes32(.proof, body)) })

    fileprivate static let deliver = RPC(
        asks: upload,
        request: { (fields, body) throws(DecodeError) in .deliver(try fields.upload(of: .envelope, body)) },
        answer: { (_, _) throws(DecodeError) in .accepted })

    fileprivate static let subscribe = RPC(
        asks: [.location, .duration], answers: [.duration],
        request: { (fields, body) throws(DecodeError) in
            .subscribe(
                Location(try fields.bytes32(.location, body)), seconds: try fields.u32(.duration, body))
        },
        answer: { (fields, body) throws(DecodeError) in .subscribed(seconds: try fields.u32(.duration, body)) })

    fileprivate static let announce = RPC(
        asks: [.location], mayAsk: [.tombstones, .entries],
        request: { (fields, body) throws(DecodeError) in
            let mailbox = Location(try fields.bytes32(.location, body))
            if fields.contains(.tombstones) {
                guard !fields.contains(.entries) else { throw .contradictory }
                let tombstones = try TombstoneReader.check(try fields.range(.tombstones, body), body)
                return .announceCollected(mailbox, tombstones: tombstones)
            }
            let entries = try EntryReader.check(try fields.range(.entries, body), body)
            guard entries.count > 0 else { throw .outOfRange }
            return .announce(mailbox, entries: entries)
        },
        answer: { (_, _) throws(DecodeError) in .noticed })

    fileprivate static let punch = RPC(
        asks: [.location, .bytes], mayAsk: [.endpoint], answers: [.bytes], mayAnswer: [.endpoint],
        request: { (fields, body) throws(DecodeError) in
            .punch(
                Location(try fields.bytes32(.location, body)), offer: try fields.sealed(body),
                asker: try fields.optionalEndpoint(body))
        },
        answer: { (fields, body) throws(DecodeError) in
            .passed(answer: try fields.sealed(body), answerer: try fields.optionalEndpoint(body))
        })

    fileprivate static let confirm = RPC(
        asks: [.key, .endpoint], mayAsk: [.stranger],
        request: { (fields, body) throws(DecodeError) in
            let asStranger = fields.contains(.stranger)
            if asStranger, try fields.u8(.stranger, body) != 1 { throw .outOfRange }
            return .confirm(
                PublicKey(try fields.bytes32(.key, body)), at: try fields.endpoint(.endpoint, body),
                asStranger: asStranger)
        },
        answer: { (_, _) throws(DecodeError) in .reached })
}

extension Fields {
    /// What two people have sealed for each other, and others pass on.
    fileprivate func sealed(_ body: RawSpan) throws(DecodeError) -> ByteRange {
        let sealed = try range(.bytes, body)
        guard 1...Limits.chunkSize ~= sealed.count else { throw .outOfRange }
        return sealed
    }

    /// Where the node that passes something on sees who has sent it; nil where nobody has passed it on yet.
    fileprivate func optionalEndpoint(_ body: RawSpan) throws(DecodeError) -> Endpoint? {
        contains(.endpoint) ? try endpoint(.endpoint, body) : nil
    }
}
