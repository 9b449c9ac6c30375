import Basics
import Cryptography
import Exchange
import NodeCore
import Sessions
import Wire

/// What scripts for a node choose from: few things, so that they meet each other.
enum NodeSample {
    /// Who owns the mailboxes and records.
    static let owners = (1...3).map { number in
        ProfileKey(seed: SecretKey(Bytes32(words: (number, 1, 1, 1))), suite: .cheap)
            .blinded(for: .mailbox, epoch: Sample.now.epoch)
    }

    /// What lies in every mailbox of every honest caller, ascending by ID.
    static let envelopes = [0, 0, 0, 1].enumerated().map { number, sizeClass in
        let header = EnvelopeHeader(expiry: Sample.now.day.advanced(by: 9), sizeClass: sizeClass)
        let bytes = header.assemble(
            sealed: [UInt8](repeating: UInt8(100 + number), count: header.sealed.count))
        let id = EnvelopeID(hashing: bytes.span.bytes)
        return (entry: MailboxEntry(envelope: id, size: bytes.count), bytes: bytes)
    }.sorted { $0.entry.envelope < $1.entry.envelope }

    /// Appends a chunk of something that is fetched.
    static func chunk(_ index: Int, of bytes: [UInt8], into payload: inout ByteWriter) -> DownloadChunk {
        let index = index % Chunks.count(of: bytes.count)
        let part = Chunks.range(index, of: bytes.count)
        let start = payload.count
        payload.array(part.copy(of: bytes.span.bytes))
        return DownloadChunk(
            size: bytes.count, index: index, bytes: ByteRange(offset: start, count: payload.count - start))
    }

    static func chunk(_ index: Int, of bytes: [UInt8], at location: Location) -> UploadChunk {
        let index = index % Chunks.count(of: bytes.count)
        return UploadChunk(
            location: location, object: Blake2b.hash256(bytes), size: bytes.count, index: index,
            bytes: Chunks.range(index, of: bytes.count))
    }

    static func encode(_ request: Request, _ payload: [UInt8], requestID: UInt32) -> [UInt8] {
        var writer = ByteWriter(capacity: Limits.bodySize)
        request.encode(requestID: requestID, payload: payload.span.bytes, into: &writer)
        return writer.bytes
    }
}

extension Script {
    /// One of some hundred envelopes.
    mutating func envelope() -> [UInt8] {
        let (number, days, sizeClass) = (u8(), below(20) - 1, below(8) == 7 ? 1 : 0)
        let header = EnvelopeHeader(expiry: Sample.now.day.advanced(by: days), sizeClass: sizeClass)
        return header.assemble(sealed: [UInt8](repeating: number & 7, count: header.sealed.count))
    }

    mutating func record(by owner: BlindedSigner) -> [UInt8] {
        let validUntil = Sample.now.advanced(bySeconds: Int64(below(32)) * UnixTime.secondsPerDay)
        return SignedRecord.encode(
            sequence: UInt64(u8()), validUntil: validUntil, sealed: [UInt8](repeating: u8(), count: Int(u8()) * 15),
            signer: owner)
    }

    mutating func tombstone(by owner: BlindedSigner) -> Tombstone {
        let envelope = EnvelopeID(hashing: envelope().span.bytes)
        return Tombstone(envelope: envelope, expiry: Sample.now.day.advanced(by: below(24) - 2), signer: owner)
    }

    /// A request as a program of this version would make it, and the bytes that it refers to.
    mutating func request(channelBinding: Digest512?, responder: NodeID) -> (Request, [UInt8]) {
        let owner = one(of: NodeSample.owners)
        switch below(15) {
        case 0: return (.ping, [])
        case 1:
            return (.findNode(target: bytes32(), count: 1 + below(20), families: flag() ? .both : .ipv4), [])
        case 2: return (.getRecord(owner.location, chunk: below(5)), [])
        case 3:
            let record = record(by: owner)
            return (.putRecord(NodeSample.chunk(below(5), of: record, at: owner.location)), record)
        case 4:
            let envelope = envelope()
            return (.deposit(NodeSample.chunk(below(10), of: envelope, at: owner.location)), envelope)
        case 5:
            let envelope = envelope()
            return (.deliver(NodeSample.chunk(below(3), of: envelope, at: owner.location)), envelope)
        case 6, 7:
            let binding = channelBinding ?? Digest512(first: .zero, second: .zero)
            let signed = SignedBytes.authorize(owner.location, channelBinding: binding, responder: responder)
            return (.authorize(owner.location, key: owner.key, owner.sign(signed)), [])
        case 8: return (.list(owner.location, after: flag() ? EnvelopeID(bytes32()) : nil), [])
        case 9:
            let envelope = EnvelopeID(hashing: envelope().span.bytes)
            return (.fetch(owner.location, envelope, chunk: below(10)), [])
        case 10:
            let envelope = EnvelopeID(hashing: envelope().span.bytes)
            return (.has(owner.location, envelope, nonce: UInt128(u16())), [])
        case 11: return reconciliation()
        case 12: return (.subscribe(owner.location, seconds: UInt32(u16())), [])
        case 13:
            var writer = ByteWriter(capacity: Limits.bodySize)
            if flag() {
                for _ in 0..<1 + below(8) { writer.tombstone(tombstone(by: owner)) }
                return (.announceCollected(owner.location, tombstones: writer.range), writer.bytes)
            }
            let entries = NodeSample.envelopes.map(\.entry).sorted { $0.envelope < $1.envelope }
            for entry in entries.prefix(1 + below(3)) { writer.mailboxEntry(entry) }
            return (.announce(owner.location, entries: writer.range), writer.bytes)
        default:
            var writer = ByteWriter(capacity: Limits.bodySize)
            for _ in 0..<1 + below(8) { writer.tombstone(tombstone(by: owner)) }
            return (.discard(owner.location, key: owner.key, tombstones: writer.range), writer.bytes)
        }
    }

    /// A request to compare some ranges, of a depth and day that may be right.
    private mutating func reconciliation() -> (Request, [UInt8]) {
        let ranges = ranges()
        let request = ReconcileRequest(
            nonce: UInt128(u16()),
            firstDay: Sample.now.advanced(bySeconds: Int64(Limits.clockDifferenceSeconds)).day.advanced(
                by: below(8) == 7 ? 3 : 0),
            depth: below(4) == 3 ? below(256) : 0, ranges: ByteRange(offset: 0, count: ranges.count))
        return (.reconcile(request), ranges)
    }

    /// Ranges in order: fingerprints, names and equal ones.
    private mutating func ranges() -> [UInt8] {
        var writer = RangeWriter()
        var keys = (0..<1 + below(6)).map { _ in
            ItemKey.envelope(EnvelopeID(hashing: envelope().span.bytes), in: one(of: NodeSample.owners).location)
        }
        keys.sort()
        for key in keys where writer.end < key {
            _ = flag() ? writer.equal(upTo: key) : writer.fingerprint(Fingerprint(UInt128(u16())), upTo: key)
        }
        _ = flag() ? writer.equal(upTo: .end) : writer.fingerprint(Fingerprint(UInt128(u16())), upTo: .end)
        return writer.finish()
    }

    /// An answer to a request: right, wrong, or no answer to it at all.
    mutating func response(
        to header: RPCHeader, _ request: Request?, known: [Contact], time: UnixTime
    ) -> [UInt8] {
        var payload = ByteWriter(capacity: Limits.bodySize)
        let response: Response
        switch below(12) {
        case 0:
            header.answer.encode(into: &payload)
            payload.array(string())
            return payload.bytes
        case 1: response = .refused(RefusalReason(rawValue: 1 + u8() % 11) ?? .busy, retryAfterSeconds: UInt32(u16()))
        case 2: response = .partial(UInt128(u16()))
        case 3:
            let whole = one(of: [Sample.record, record(by: one(of: NodeSample.owners)), envelope()])
            response = .chunk(NodeSample.chunk(Int(u8()), of: whole, into: &payload))
        case 4:
            let size = one(of: Limits.sizeClasses)
            var envelopes = NodeSample.envelopes.map(\.entry.envelope).filter { _ in flag() }
            for _ in 0..<below(4) { envelopes.append(EnvelopeID(hashing: envelope().span.bytes)) }
            envelopes.sort()
            for envelope in envelopes { payload.mailboxEntry(MailboxEntry(envelope: envelope, size: size)) }
            response = .page(entries: payload.range, more: !envelopes.isEmpty && flag())
        case 5: response = .collected(tombstone(by: one(of: NodeSample.owners)))
        case 6:
            for _ in 0..<below(6) {
                let key = PublicKey(Bytes32(words: (UInt64(u16()) + 1, 0, 0, 0)))
                payload.contact(Contact(key: key, endpoint: Endpoint(ipv4: 0x2d00_0000 | UInt32(u16()), port: 7_337)))
            }
            response = .contacts(payload.range)
        case 7:
            payload.array(ranges())
            response = .reconciled(ranges: payload.range, depth: below(4) == 3 ? below(256) : nil)
        case 8: response = .proof(bytes32())
        case 9:
            let owner = one(of: NodeSample.owners)
            response = .collectedBy(owner.key, tombstone(by: owner))
        case 10: response = .pong(observed: known[below(known.count)].ipv4 ?? NodeWorld.endpoint, time: time)
        default: return Caller.honestAnswer(to: header, request, known, time)
        }
        return Caller.encode(response, to: header, payload)
    }

    /// Something for a node to do.
    mutating func nodeCommand(for world: NodeWorld) -> NodeCommand {
        let owner = one(of: NodeSample.owners)
        switch below(8) {
        case 7:
            switch below(4) {
            case 0: return .offer(mailbox: owner.location, [UInt8](repeating: u8(), count: 1 + below(900)))
            case 1:
                let caller = world.callers[below(world.callers.count)]
                let endpoints = flag() ? NodeWorld.strangers + [caller.endpoint] : [caller.endpoint]
                let attested = endpoints.first ?? NodeWorld.endpoint
                return .openWay(to: caller.contact.key, at: endpoints, attested: attested, nonce: u64())
            default: return .collectAnnounced(mailbox: owner.location, key: owner.key)
            }
        case 0: return .lookup(target: bytes32())
        case 1: return .fetchRecord(at: owner.location)
        case 2 where flag(): return .checkRecord(at: owner.location, record: record(by: owner))
        case 2: return .publishRecord(at: owner.location, record: record(by: owner))
        case 3: return .deposit(mailbox: owner.location, key: owner.key, envelope: envelope())
        case 4:
            let recipient = world.callers[below(world.callers.count)].contact
            return .deliver(mailbox: owner.location, envelope: envelope(), to: [recipient])
        case 5 where flag(): return .glance(mailbox: owner.location, key: owner.key)
        case 5: return .collect(mailbox: owner.location, key: owner.key)
        default:
            let tombstones = (0..<1 + below(8)).map { _ in tombstone(by: owner) }
            return .discard(mailbox: owner.location, key: owner.key, tombstones: tombstones)
        }
    }
}
