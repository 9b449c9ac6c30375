import Basics

/// What one node asks of another. Every request is one datagram, idempotent, and answered by one `Response`.
///
/// Ranges are parts of the body it was decoded from, or of the `payload` it is encoded with.
public enum Request: Hashable, Sendable {
    /// Where do you see me, and what time is it?
    case ping
    /// The servers you know closest to a point (Kademlia, §2.3): at most `count`, 1…`Limits.contactsPerAnswer`, that
    /// have an endpoint of one of `families`.
    case findNode(target: Bytes32, count: Int, families: AddressFamilies)
    /// One chunk of the record at a location.
    case getRecord(Location, chunk: Int)
    /// Keep this record.
    case putRecord(UploadChunk)
    /// Keep this envelope in the mailbox.
    case deposit(UploadChunk)
    /// Take this envelope: the mailbox's owner is served by you.
    case deliver(UploadChunk)
    /// This session reads the mailbox from now on: the signature is by its key, over `SignedBytes.authorize`.
    case authorize(MailboxID, key: BlindedKey, Signature)
    /// What waits in the mailbox, from the first ID above `after`.
    case list(MailboxID, after: EnvelopeID?)
    /// One chunk of an envelope.
    case fetch(MailboxID, EnvelopeID, chunk: Int)
    /// These envelopes are done: `TombstoneReader` reads them.
    case discard(MailboxID, key: BlindedKey, tombstones: ByteRange)
    /// Does the node with this key answer at this endpoint, when you dial it yourself?
    case confirm(PublicKey, at: Endpoint)

    public var kind: RPCKind {
        switch self {
        case .ping: .ping
        case .findNode: .findNode
        case .getRecord: .getRecord
        case .putRecord: .putRecord
        case .deposit: .deposit
        case .deliver: .deliver
        case .authorize: .authorize
        case .list: .list
        case .fetch: .fetch
        case .discard: .discard
        case .confirm: .confirm
        }
    }
}

extension Request {
    /// Whether it brings a part of something larger.
    public var carriesChunk: Bool {
        switch self {
        case .putRecord, .deposit, .deliver: true
        case .ping, .findNode, .getRecord, .authorize, .list, .fetch, .discard, .confirm: false
        }
    }

    /// Reads a whole body. `.unknownRPC`: answer it with `refused(.unknownRPC)`, to the header that `RPCHeader` reads.
    public static func decode(_ body: RawSpan) throws(DecodeError) -> (header: RPCHeader, request: Request) {
        let header = try RPCHeader(decoding: body)
        guard !header.isResponse else { throw .wrongDirection }
        guard let kind = header.kind else { throw .unknownRPC }
        let fields = try Fields(decoding: body)
        return (header, try Request(kind, fields, body))
    }

    private init(_ kind: RPCKind, _ fields: Fields, _ body: RawSpan) throws(DecodeError) {
        switch kind {
        case .ping: self = .ping
        case .findNode:
            let count = Int(try fields.u8(.count, body))
            let families = AddressFamilies(rawValue: try fields.u8(.families, body)).intersection(.both)
            guard count > 0, !families.isEmpty else { throw .outOfRange }
            self = .findNode(
                target: try fields.bytes32(.target, body), count: min(count, Limits.contactsPerAnswer),
                families: families)
        case .getRecord:
            self = .getRecord(Location(try fields.bytes32(.location, body)), chunk: try fields.index(of: .record, body))
        case .putRecord: self = .putRecord(try fields.upload(of: .record, body))
        case .deposit: self = .deposit(try fields.upload(of: .envelope, body))
        case .deliver: self = .deliver(try fields.upload(of: .envelope, body))
        case .authorize:
            self = .authorize(
                Location(try fields.bytes32(.location, body)), key: BlindedKey(try fields.bytes32(.key, body)),
                try fields.signature(.signature, body))
        case .list:
            let after = fields.contains(.after) ? EnvelopeID(try fields.bytes32(.after, body)) : nil
            self = .list(Location(try fields.bytes32(.location, body)), after: after)
        case .fetch:
            self = .fetch(
                Location(try fields.bytes32(.location, body)), EnvelopeID(try fields.bytes32(.object, body)),
                chunk: try fields.index(of: .envelope, body))
        case .discard:
            self = .discard(
                Location(try fields.bytes32(.location, body)), key: BlindedKey(try fields.bytes32(.key, body)),
                tombstones: try TombstoneReader.check(try fields.range(.tombstones, body), body))
        case .confirm:
            self = .confirm(
                PublicKey(try fields.bytes32(.key, body)), at: try fields.endpoint(.endpoint, body))
        case .reconcile, .subscribe, .punch, .relay, .getPolicy, .putPolicy, .announce:
            throw .unknownRPC
        }
    }
}

extension Request {
    /// Appends the whole body. Ranges are parts of `payload`.
    public func encode(requestID: UInt32, payload: RawSpan, into writer: inout ByteWriter) {
        RPCHeader(kind, requestID: requestID).encode(into: &writer)
        switch self {
        case .ping: break
        case .findNode(let target, let count, let families):
            writer.field(.target, target)
            writer.field(.count, u8: UInt8(clamping: count))
            writer.field(.families, u8: families.rawValue)
        case .getRecord(let location, let chunk):
            writer.field(.location, location.bytes)
            writer.field(.index, u8: UInt8(clamping: chunk))
        case .putRecord(let chunk), .deposit(let chunk), .deliver(let chunk):
            writer.fields(chunk, of: payload)
        case .authorize(let mailbox, let key, let signature):
            writer.field(.location, mailbox.bytes)
            writer.field(.key, key.bytes)
            writer.field(.signature, signature)
        case .list(let mailbox, let after):
            writer.field(.location, mailbox.bytes)
            if let after { writer.field(.after, after.bytes) }
        case .fetch(let mailbox, let envelope, let chunk):
            writer.field(.location, mailbox.bytes)
            writer.field(.object, envelope.bytes)
            writer.field(.index, u8: UInt8(clamping: chunk))
        case .discard(let mailbox, let key, let tombstones):
            writer.field(.location, mailbox.bytes)
            writer.field(.key, key.bytes)
            writer.field(.tombstones, tombstones, of: payload)
        case .confirm(let key, let endpoint):
            writer.field(.key, key.bytes)
            writer.field(.endpoint, endpoint)
        }
    }

    /// Appends the whole body of a request without ranges.
    public func encode(requestID: UInt32, into writer: inout ByteWriter) {
        encode(requestID: requestID, payload: RawSpan(), into: &writer)
    }
}
