import Basics
import Wire

/// Random values of everything that is encoded, reproducible by the generator's seed.
extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        written(capacity: count + 7) { writer in
            while writer.count < count { writer.u64(next()) }
            writer.truncate(to: count)
        }
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func signature() -> Signature { Signature(r: bytes32(), s: bytes32()) }

    mutating func tombstone() -> Tombstone {
        Tombstone(
            envelope: EnvelopeID(bytes32()), expiry: Day(number: UInt32(truncatingIfNeeded: next())),
            signature: signature())
    }

    mutating func ipv4Endpoint() -> Endpoint {
        let address = UInt32(number(1...223)) << 24 | UInt32(number(0...0xff_ffff))
        return Endpoint(ipv4: address, port: UInt16(number(1...65_535)))
    }

    mutating func ipv6Endpoint() -> Endpoint {
        Endpoint(high: 0x2001_0db8 << 32 | next() >> 32, low: next(), port: UInt16(number(1...65_535)))
    }

    mutating func contacts() -> [UInt8] {
        let count = number(0...Limits.contactsPerAnswer)
        return written { writer in
            for _ in 0..<count where writer.count <= 900 {
                let families = number(1...3)
                writer.bytes32(bytes32())
                writer.u8(UInt8(families))
                if families & 1 != 0 { writer.ipv4Endpoint(ipv4Endpoint()) }
                if families & 2 != 0 { writer.endpoint(ipv6Endpoint()) }
            }
        }
    }

    mutating func entries() -> [UInt8] {
        let ids = (0..<number(0...Limits.entriesPerPage)).map { _ in EnvelopeID(bytes32()) }.sorted()
        return written { writer in
            for id in ids {
                let size = Limits.sizeClasses[number(0...Limits.sizeClasses.count - 1)]
                writer.mailboxEntry(MailboxEntry(envelope: id, size: size))
            }
        }
    }

    mutating func tombstones() -> [UInt8] {
        let count = number(1...Limits.tombstonesPerDiscard)
        return written { writer in for _ in 0..<count { writer.tombstone(tombstone()) } }
    }

    /// A place in the order of keys, near others.
    mutating func itemKey() -> ItemKey {
        let location = Bytes32(words: (UInt64(number(0...1)) << 63, 0, 0, number(0...1) == 0 ? 0 : next()))
        let id = Bytes32(words: (number(0...1) == 0 ? 7 : next(), 0, 0, UInt64(number(0...3))))
        return ItemKey(kind: UInt8(number(1...3)), location: Location(location), id: id)
    }

    /// What a list of ranges says, in order.
    mutating func rangeEntries(withItems: Bool) -> [RangeEntry] {
        let keys = Array(Set((0..<number(1...12)).map { _ in itemKey() })).sorted()
        var entries: [RangeEntry] = []
        for (index, key) in keys.enumerated() {
            let isOpen = if case .item = entries.last { true } else { false }
            switch isOpen ? number(2...3) : index == 0 ? 1 : number(0...3) {
            case 0: entries.append(.equal(upTo: key))
            case 1: entries.append(.fingerprint(Fingerprint(UInt128(next())), upTo: key))
            case 2 where withItems: entries.append(.item(key))
            case 3 where withItems: entries.append(.listed(upTo: key))
            default: entries.append(.fingerprint(Fingerprint(UInt128(next())), upTo: key))
            }
        }
        if case .item = entries.last { entries.append(.listed(upTo: .end)) }
        return entries
    }

    mutating func ranges(withItems: Bool) -> [UInt8] { rangeEntries(withItems: withItems).encoded.bytes }

    /// A chunk of something of one of the given sizes, and a payload that its bytes lie somewhere in.
    mutating func chunk(sizes: [Int]) -> (chunk: DownloadChunk, payload: [UInt8]) {
        let size = sizes[number(0...sizes.count - 1)]
        let index = number(0...Chunks.count(of: size) - 1)
        let range = ByteRange(offset: number(0...9), count: Chunks.range(index, of: size).count)
        return (DownloadChunk(size: size, index: index, bytes: range), bytes(range.end))
    }

    mutating func recordSizes() -> [Int] { [number(SignedRecord.minimumByteCount...Limits.recordSize)] }

    mutating func request() -> Sample<Request> { request(element(of: RPCKind.inUse)) ?? Sample(.ping) }

    /// One of a kind; nil of a kind that is reserved.
    mutating func request(_ kind: RPCKind) -> Sample<Request>? {
        let id = UInt32(truncatingIfNeeded: next())
        let location = Location(bytes32())
        let key = BlindedKey(bytes32())
        switch kind {
        case .ping: return Sample(.ping, requestID: id)
        case .putRecord, .deposit, .deliver:
            let (chunk, payload) = chunk(sizes: kind == .putRecord ? recordSizes() : Limits.sizeClasses)
            let upload = UploadChunk(
                location: location, object: bytes32(), size: chunk.size, index: chunk.index, bytes: chunk.bytes)
            let request: Request =
                kind == .putRecord ? .putRecord(upload) : kind == .deposit ? .deposit(upload) : .deliver(upload)
            return Sample(request, requestID: id, payload: payload)
        case .findNode:
            let families = AddressFamilies(rawValue: UInt8(number(1...3)))
            let count = number(1...Limits.contactsPerAnswer)
            return Sample(.findNode(target: bytes32(), count: count, families: families), requestID: id)
        case .getRecord: return Sample(.getRecord(location, chunk: number(0...4)), requestID: id)
        case .authorize: return Sample(.authorize(location, key: key, signature()), requestID: id)
        case .list:
            return Sample(
                .list(location, after: Bool.random(using: &self) ? EnvelopeID(bytes32()) : nil), requestID: id)
        case .fetch: return Sample(.fetch(location, EnvelopeID(bytes32()), chunk: number(0...77)), requestID: id)
        case .discard:
            let payload = tombstones()
            let range = ByteRange(offset: 0, count: payload.count)
            return Sample(.discard(location, key: key, tombstones: range), requestID: id, payload: payload)
        case .confirm:
            let asStranger = Bool.random(using: &self)
            return Sample(.confirm(PublicKey(bytes32()), at: endpoint(), asStranger: asStranger), requestID: id)
        case .reconcile:
            let payload = ranges(withItems: false)
            return Sample(
                .reconcile(
                    ReconcileRequest(
                        nonce: UInt128(next()) << 64 | UInt128(next()), firstDay: Day(number: id),
                        depth: number(0...255),
                        ranges: ByteRange(offset: 0, count: payload.count))),
                requestID: id, payload: payload)
        case .has:
            let nonce = UInt128(next()) << 64 | UInt128(next())
            return Sample(.has(location, EnvelopeID(bytes32()), nonce: nonce), requestID: id)
        case .subscribe:
            let silence = Bool.random(using: &self) ? UInt32(number(1...3_600)) : 0
            return Sample(.subscribe(location, seconds: id, silence: silence), requestID: id)
        case .announce:
            if Bool.random(using: &self) {
                let payload = tombstones()
                let range = ByteRange(offset: 0, count: payload.count)
                return Sample(.announceCollected(location, tombstones: range), requestID: id, payload: payload)
            }
            let payload = entries()
            let range = ByteRange(offset: 0, count: payload.count)
            return Sample(.announce(location, entries: range), requestID: id, payload: payload)
        case .punch:
            let payload = sealed()
            let asker = Bool.random(using: &self) ? endpoint() : nil
            return Sample(
                .punch(location, offer: ByteRange(offset: 0, count: payload.count), asker: asker), requestID: id,
                payload: payload)
        case .relay, .getPolicy, .putPolicy: return nil
        }
    }

    mutating func response() -> Sample<Response> {
        let id = UInt32(truncatingIfNeeded: next())
        switch number(0...12) {
        case 0:
            let received = UInt128(next()) << 64 | UInt128(next())
            let uploads = RPCKind.inUse.filter { $0.rpc?.carriesChunk == true }
            return Sample(.partial(received), to: element(of: uploads), requestID: id)
        case 1:
            let kinds = RPCKind.inUse.filter { $0.rpc?.mayBeCollected == true }
            let kind = element(of: kinds)
            let response: Response =
                kind.rpc?.namesCollector == true
                ? .collectedBy(BlindedKey(bytes32()), tombstone()) : .collected(tombstone())
            return Sample(response, to: kind, requestID: id)
        case 2:
            let reason = RefusalReason(rawValue: UInt8(number(1...11))) ?? .busy
            let seconds = UInt32(number(0...Int(Limits.retryAfterSeconds)))
            return Sample(
                .refused(reason, retryAfterSeconds: seconds), to: element(of: RPCKind.allCases), requestID: id)
        default: return answer(to: element(of: RPCKind.inUse)) ?? Sample(.kept, to: .deposit)
        }
    }

    /// One that says that it is done; nil to a kind that is reserved.
    mutating func answer(to kind: RPCKind) -> Sample<Response>? {
        let id = UInt32(truncatingIfNeeded: next())
        switch kind {
        case .ping:
            let time = UnixTime(seconds: Int64(number(0...Int(Limits.latestTime))))
            return Sample(.pong(observed: endpoint(), time: time), to: kind, requestID: id)
        case .findNode:
            let payload = contacts()
            let range = ByteRange(offset: 0, count: payload.count)
            return Sample(.contacts(range), to: kind, requestID: id, payload: payload)
        case .getRecord, .fetch:
            let (chunk, payload) = chunk(sizes: kind == .fetch ? Limits.sizeClasses : recordSizes())
            return Sample(.chunk(chunk), to: kind, requestID: id, payload: payload)
        case .putRecord, .deposit: return Sample(.kept, to: kind, requestID: id)
        case .authorize: return Sample(.granted, to: kind, requestID: id)
        case .list:
            let payload = entries()
            let page = Response.page(
                entries: ByteRange(offset: 0, count: payload.count),
                more: payload.isEmpty ? false : Bool.random(using: &self))
            return Sample(page, to: kind, requestID: id, payload: payload)
        case .discard:
            return Sample(.discarded(count: number(0...Limits.tombstonesPerDiscard)), to: kind, requestID: id)
        case .deliver: return Sample(.accepted, to: kind, requestID: id)
        case .confirm: return Sample(.reached, to: kind, requestID: id)
        case .has: return Sample(.proof(bytes32()), to: kind, requestID: id)
        case .reconcile:
            if number(0...3) == 0 {
                return Sample(
                    .reconciled(ranges: ByteRange(offset: 0, count: 0), depth: number(0...255)), to: kind, requestID: id
                )
            }
            let payload = ranges(withItems: true)
            return Sample(
                .reconciled(ranges: ByteRange(offset: 0, count: payload.count), depth: nil), to: kind, requestID: id,
                payload: payload)
        case .subscribe: return Sample(.subscribed(seconds: id), to: kind, requestID: id)
        case .announce: return Sample(.noticed, to: kind, requestID: id)
        case .punch:
            let payload = sealed()
            let answerer = Bool.random(using: &self) ? endpoint() : nil
            return Sample(
                .passed(answer: ByteRange(offset: 0, count: payload.count), answerer: answerer), to: kind,
                requestID: id, payload: payload)
        case .relay, .getPolicy, .putPolicy: return nil
        }
    }

    private mutating func element<Element>(of elements: [Element]) -> Element {
        elements[number(0...elements.count - 1)]
    }

    private mutating func sealed() -> [UInt8] {
        (0..<number(1...Limits.chunkSize)).map { _ in UInt8(number(0...255)) }
    }

    private mutating func endpoint() -> Endpoint {
        Bool.random(using: &self) ? ipv4Endpoint() : ipv6Endpoint()
    }
}

extension [RangeEntry] {
    /// The bytes of as many as find room, and how many these are.
    var encoded: (bytes: [UInt8], count: Int) {
        var writer = RangeWriter()
        for (index, entry) in enumerated() {
            let hasRoom =
                switch entry {
                case .equal(let bound): writer.equal(upTo: bound)
                case .fingerprint(let fingerprint, let bound): writer.fingerprint(fingerprint, upTo: bound)
                case .item(let key): writer.item(key)
                case .listed(let bound): writer.listed(upTo: bound)
                }
            if !hasRoom { return (writer.finish(), index) }
        }
        return (writer.finish(), count)
    }
}
