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
    /// Where do you keep something else than I do, near both of us?
    case reconcile(ReconcileRequest)
    /// Do you have this envelope at hand, as you told me? Prove it with this number.
    case has(MailboxID, EnvelopeID, nonce: UInt128)
    /// Does the node with this key answer at this endpoint, when you dial it yourself? `asStranger`: that it answers counts
    /// only if nothing has come to you from there lately.
    case confirm(PublicKey, at: Endpoint, asStranger: Bool = false)
    /// Announce what comes into this mailbox, which this session reads, for so many seconds from now; 0 ends it. `silence`: and
    /// announce nothing after so many seconds, to show whether the way back is still open by then; 0: don't.
    case subscribe(MailboxID, seconds: UInt32, silence: UInt32 = 0)
    /// These envelopes, at most `Limits.entriesPerPage`, have come into the mailbox: `EntryReader` reads them. None, where who has
    /// subscribed wanted to hear after a time of silence.
    case announce(MailboxID, entries: ByteRange)
    /// The owner of the mailbox has collected these envelopes, which you have brought: `TombstoneReader` reads the proofs.
    case announceCollected(MailboxID, tombstones: ByteRange)
    /// Pass this offer on to who reads the mailbox; or, from a node that passes one on: it is of somebody whom that node sees at
    /// `asker`. The offer is sealed: nodes in between see its size.
    case punch(MailboxID, offer: ByteRange, asker: Endpoint?)

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
        case .reconcile: .reconcile
        case .has: .has
        case .confirm: .confirm
        case .subscribe: .subscribe
        case .announce, .announceCollected: .announce
        case .punch: .punch
        }
    }
}

extension Request {
    /// Whether it brings a part of something larger.
    public var carriesChunk: Bool { kind.rpc?.carriesChunk ?? false }

    /// Whether it is a server's to a client that has subscribed there, or has brought something.
    public var goesToClient: Bool {
        switch self {
        case .announce, .announceCollected, .punch(_, offer: _, asker: .some): true
        default: false
        }
    }

    /// Reads a whole body. `.unknownRPC`: answer it with `refused(.unknownRPC)`, to the header that `RPCHeader` reads.
    public static func decode(_ body: RawSpan) throws(DecodeError) -> (header: RPCHeader, request: Request) {
        let header = try RPCHeader(decoding: body)
        return (header, try decode(body, after: header))
    }

    /// Reads a body whose header has been read.
    public static func decode(_ body: RawSpan, after header: RPCHeader) throws(DecodeError) -> Request {
        guard !header.isResponse else { throw .wrongDirection }
        guard let kind = header.kind else { throw .unknownRPC }
        let fields = try Fields(decoding: body)
        guard let rpc = kind.rpc else { throw .unknownRPC }
        return try rpc.request(fields, body)
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
        case .reconcile(let request):
            writer.field(.ranges, request.ranges, of: payload)
            writer.field(.nonce, u128: request.nonce)
            writer.field(.day, u32: request.firstDay.number)
            writer.field(.depth, u8: UInt8(clamping: request.depth))
        case .has(let mailbox, let envelope, let nonce):
            writer.field(.location, mailbox.bytes)
            writer.field(.object, envelope.bytes)
            writer.field(.nonce, u128: nonce)
        case .confirm(let key, let endpoint, let asStranger):
            writer.field(.key, key.bytes)
            writer.field(.endpoint, endpoint)
            if asStranger { writer.field(.stranger, u8: 1) }
        case .subscribe(let mailbox, let seconds, let silence):
            writer.field(.location, mailbox.bytes)
            writer.field(.duration, u32: seconds)
            if silence > 0 { writer.field(.silence, u32: silence) }
        case .announce(let mailbox, let entries):
            writer.field(.location, mailbox.bytes)
            if entries.count > 0 { writer.field(.entries, entries, of: payload) }
        case .announceCollected(let mailbox, let tombstones):
            writer.field(.location, mailbox.bytes)
            writer.field(.tombstones, tombstones, of: payload)
        case .punch(let mailbox, let offer, let asker):
            writer.field(.location, mailbox.bytes)
            writer.field(.bytes, offer, of: payload)
            if let asker { writer.field(.endpoint, asker) }
        }
    }

    /// Appends the whole body of a request without ranges.
    public func encode(requestID: UInt32, into writer: inout ByteWriter) {
        encode(requestID: requestID, payload: RawSpan(), into: &writer)
    }
}
