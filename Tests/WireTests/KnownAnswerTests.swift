import Basics
import Cryptography
import Testing
import Wire

/// Every RPC in use, byte by byte, in both directions. The expected bytes were written down apart from this program.
@Suite struct KnownAnswerTests {
    private static let location = Location(bytes32(from: 0x20))
    private static let key = BlindedKey(bytes32(from: 0x80))
    private static let time = UnixTime(seconds: 1_795_222_800)

    private static func tombstone(from first: UInt8) -> Tombstone {
        Tombstone(
            envelope: EnvelopeID(bytes32(from: first)), expiry: Day(number: 20_778), signature: signature(from: 0xa0))
    }

    private static func upload(size: Int, index: Int) -> UploadChunk {
        let count = Chunks.range(index, of: size).count
        return UploadChunk(
            location: location, object: bytes32(from: 0x40), size: size, index: index,
            bytes: ByteRange(offset: 0, count: count))
    }

    private static func download(size: Int, index: Int) -> Response {
        let count = Chunks.range(index, of: size).count
        return .chunk(DownloadChunk(size: size, index: index, bytes: ByteRange(offset: 0, count: count)))
    }

    /// The place `02 20 00 …`.
    private static let low = ItemKey(
        kind: 2, location: Location(Bytes32(words: (0x20 << 56, 0, 0, 0))), id: .zero)

    private static var reconcile: Sample<Request> {
        let fingerprint = { Fingerprint($0) }
        let envelope = ItemKey(kind: 2, location: location, id: Bytes32(words: (0x40 << 56, 0, 0, 0)))
        let counted: UInt128 = 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f
        let ranges: [RangeEntry] = [
            .equal(upTo: low), .fingerprint(fingerprint(counted), upTo: envelope),
            .fingerprint(fingerprint(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100), upTo: .end),
        ]
        let bytes = ranges.encoded.bytes
        let request = ReconcileRequest(
            nonce: counted, firstDay: Day(number: 20_778), depth: 6,
            ranges: ByteRange(offset: 0, count: bytes.count))
        return Sample(.reconcile(request), payload: bytes)
    }

    private static var compared: [UInt8] {
        let place = ItemKey(kind: 2, location: Location(Bytes32(words: (0x2021 << 48, 0, 0, 0))), id: .zero)
        let first = EnvelopeID(bytes32(from: 0x40))
        var second = first.bytes
        second.words.0 += 1 << 56
        let entries: [RangeEntry] = [
            .equal(upTo: low), .fingerprint(Fingerprint(0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f), upTo: place),
            .item(.envelope(first, in: location)), .item(.envelope(EnvelopeID(second), in: location)),
            .listed(upTo: ItemKey(kind: 3, location: Location(.zero), id: .zero)),
            .item(.record(at: location, sequence: 7)), .listed(upTo: .end),
        ]
        return entries.encoded.bytes
    }

    private static let payload = counting(from: 0, count: Limits.chunkSize)

    private static func requests() -> [(name: String, sample: Sample<Request>)] {
        let tombstones = written {
            $0.tombstone(tombstone(from: 0x10))
            $0.tombstone(tombstone(from: 0x11))
        }
        let whole = ByteRange(offset: 0, count: tombstones.count)
        let envelope = EnvelopeID(bytes32(from: 0x40))
        let entries = written {
            $0.mailboxEntry(MailboxEntry(envelope: EnvelopeID(bytes32(from: 0x10)), size: 2_048))
            $0.mailboxEntry(MailboxEntry(envelope: EnvelopeID(bytes32(from: 0x11)), size: 69_632))
        }
        let allEntries = ByteRange(offset: 0, count: entries.count)
        return [
            ("ping", Sample(.ping)),
            ("findNode", Sample(.findNode(target: bytes32(from: 0x60), count: 8, families: .both))),
            ("getRecord", Sample(.getRecord(location, chunk: 1))),
            ("putRecord", Sample(.putRecord(upload(size: 1_000, index: 1)), payload: payload)),
            ("deposit", Sample(.deposit(upload(size: 2_048, index: 2)), payload: payload)),
            ("authorize", Sample(.authorize(location, key: key, signature(from: 0xa0)))),
            ("list", Sample(.list(location, after: nil))),
            ("list after", Sample(.list(location, after: EnvelopeID(bytes32(from: 0xc0))))),
            ("fetch", Sample(.fetch(location, envelope, chunk: 77))),
            ("discard", Sample(.discard(location, key: key, tombstones: whole), payload: tombstones)),
            ("reconcile", reconcile),
            ("has", Sample(.has(location, envelope, nonce: 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f))),
            ("deliver", Sample(.deliver(upload(size: 2_048, index: 2)), payload: payload)),
            ("confirm", Sample(.confirm(PublicKey(key.bytes), at: Endpoint(ipv4: 0xcb00_7107, port: 7_337)))),
            (
                "confirm as a stranger",
                Sample(.confirm(PublicKey(key.bytes), at: Endpoint(ipv4: 0xcb00_7107, port: 7_337), asStranger: true))
            ),
            ("subscribe", Sample(.subscribe(location, seconds: 600))),
            ("subscribe with silence", Sample(.subscribe(location, seconds: 600, silence: 110))),
            (
                "punch",
                Sample(
                    .punch(location, offer: ByteRange(offset: 0, count: 3), asker: nil), payload: [0xab, 0xac, 0xad])
            ),
            (
                "punch passed on",
                Sample(
                    .punch(
                        location, offer: ByteRange(offset: 0, count: 3), asker: Endpoint(ipv4: 0xcb00_7107, port: 7_337)
                    ),
                    requestID: 0x0506_0708, payload: [0xab, 0xac, 0xad])
            ),
            ("announce", Sample(.announce(location, entries: allEntries), payload: entries)),
            ("announce after silence", Sample(.announce(location, entries: ByteRange(offset: 0, count: 0)))),
            ("announce collected", Sample(.announceCollected(location, tombstones: whole), payload: tombstones)),
        ]
    }

    private static func responses() throws -> [(name: String, sample: Sample<Response>)] {
        let ipv4 = try #require(Endpoint("203.0.113.7:7337"))
        let ipv6 = try #require(Endpoint("[2001:db8::1]:7337"))
        let contacts = written {
            $0.contact(Contact(key: PublicKey(bytes32(from: 1)), ipv4: ipv4, ipv6: nil))
            $0.contact(Contact(key: PublicKey(bytes32(from: 2)), ipv4: nil, ipv6: ipv6))
            $0.contact(Contact(key: PublicKey(bytes32(from: 3)), ipv4: ipv4, ipv6: ipv6))
        }
        let entries = written {
            $0.mailboxEntry(MailboxEntry(envelope: EnvelopeID(bytes32(from: 0x10)), size: 2_048))
            $0.mailboxEntry(MailboxEntry(envelope: EnvelopeID(bytes32(from: 0x11)), size: 69_632))
        }
        let none = ByteRange(offset: 0, count: 0)
        let allContacts = ByteRange(offset: 0, count: contacts.count)
        let allEntries = ByteRange(offset: 0, count: entries.count)
        let unknownBody: [UInt8] = [99, 1, 2, 3, 4]
        let unknown = try RPCHeader(decoding: unknownBody.span.bytes)
        return [
            ("pong IPv4", Sample(.pong(observed: ipv4, time: time), to: .ping)),
            ("pong IPv6", Sample(.pong(observed: ipv6, time: time), to: .ping)),
            ("contacts", Sample(.contacts(allContacts), to: .findNode, payload: contacts)),
            ("contacts none", Sample(.contacts(none), to: .findNode)),
            ("record chunk", Sample(download(size: 1_000, index: 1), to: .getRecord, payload: payload)),
            ("putRecord kept", Sample(.kept, to: .putRecord)),
            ("partial", Sample(.partial(0b101), to: .deposit)),
            ("deposit kept", Sample(.kept, to: .deposit)),
            ("collected", Sample(.collected(tombstone(from: 0x10)), to: .deposit)),
            ("refused", Sample(.refused(.mailboxFull, retryAfterSeconds: 3_600), to: .deposit)),
            ("granted", Sample(.granted, to: .authorize)),
            ("page", Sample(.page(entries: allEntries, more: true), to: .list, payload: entries)),
            ("page empty", Sample(.page(entries: none, more: false), to: .list)),
            ("envelope chunk", Sample(download(size: 2_048, index: 2), to: .fetch, payload: payload)),
            ("discarded", Sample(.discarded(count: 2), to: .discard)),
            (
                "reconciled",
                Sample(
                    .reconciled(ranges: ByteRange(offset: 0, count: compared.count), depth: nil), to: .reconcile,
                    payload: compared)
            ),
            ("reconciled narrower", Sample(.reconciled(ranges: none, depth: 8), to: .reconcile)),
            ("proof", Sample(.proof(bytes32(from: 0x60)), to: .has)),
            ("collected by", Sample(.collectedBy(key, tombstone(from: 0x10)), to: .has)),
            ("accepted", Sample(.accepted, to: .deliver)),
            ("reached", Sample(.reached, to: .confirm)),
            ("subscribed", Sample(.subscribed(seconds: 600), to: .subscribe)),
            ("noticed", Sample(.noticed, to: .announce)),
            (
                "passed",
                Sample(
                    .passed(answer: ByteRange(offset: 0, count: 2), answerer: nil), to: .punch, requestID: 0x0506_0708,
                    payload: [0xba, 0xbb])
            ),
            (
                "passed back",
                Sample(
                    .passed(
                        answer: ByteRange(offset: 0, count: 2), answerer: Endpoint(ipv4: 0xc633_6401, port: 7_337)),
                    to: .punch, payload: [0xba, 0xbb])
            ),
            (
                "unknown RPC",
                Sample(message: .refused(.unknownRPC, retryAfterSeconds: 0), header: unknown, payload: [])
            ),
        ]
    }

    @Test func requestsHaveTheBytesDrawn() throws {
        let fixtures = try Fixtures("rpc")
        for (name, sample) in KnownAnswerTests.requests() {
            let expected = try fixtures["request \(name)"]
            #expect(sample.body == expected, "\(name)")
            let (header, request) = try Request.decode(expected.span.bytes)
            #expect(header == sample.header, "\(name)")
            #expect(request.described(in: expected) == sample.message.described(in: sample.payload), "\(name)")
        }
        let names = fixtures.names.filter { $0.hasPrefix("request ") }
        #expect(names == KnownAnswerTests.requests().map { "request \($0.name)" })
    }

    @Test func responsesHaveTheBytesDrawn() throws {
        let fixtures = try Fixtures("rpc")
        let responses = try KnownAnswerTests.responses()
        for (name, sample) in responses {
            let expected = try fixtures["response \(name)"]
            #expect(sample.body == expected, "\(name)")
            let (header, response) = try Response.decode(expected.span.bytes)
            #expect(header == sample.header.answer, "\(name)")
            #expect(response.described(in: expected) == sample.message.described(in: sample.payload), "\(name)")
        }
        let names = fixtures.names.filter { $0.hasPrefix("response ") }
        #expect(names == responses.map { "response \($0.name)" })
    }

    @Test func readersGiveWhatTheRangesHold() throws {
        let fixtures = try Fixtures("rpc")
        let answer = try fixtures["response contacts"]
        guard case .contacts(let range) = try Response.decode(answer.span.bytes).response else {
            Issue.record("no contacts")
            return
        }
        var contactReader = ContactReader(range)
        let contacts = Array(sequence(state: ()) { _ in contactReader.next(in: answer.span.bytes) })
        #expect(contacts.map(\.key.bytes) == [bytes32(from: 1), bytes32(from: 2), bytes32(from: 3)])
        #expect(contacts.map(\.id) == contacts.map(\.key.nodeID))
        let ipv4 = Endpoint("203.0.113.7:7337")
        let ipv6 = Endpoint("[2001:db8::1]:7337")
        #expect(contacts.map(\.ipv4) == [ipv4, nil, ipv4])
        #expect(contacts.map(\.ipv6) == [nil, ipv6, ipv6])

        let page = try fixtures["response page"]
        guard case .page(let range, true) = try Response.decode(page.span.bytes).response else {
            Issue.record("no page")
            return
        }
        var entryReader = EntryReader(range)
        let entries = Array(sequence(state: ()) { _ in entryReader.next(in: page.span.bytes) })
        #expect(entries.map(\.size) == [2_048, 69_632])
        #expect(entries.map(\.envelope.bytes) == [bytes32(from: 0x10), bytes32(from: 0x11)])

        let discard = try fixtures["request discard"]
        guard case .discard(_, _, let range) = try Request.decode(discard.span.bytes).request else {
            Issue.record("no discard")
            return
        }
        var tombstoneReader = TombstoneReader(range)
        let tombstones = Array(sequence(state: ()) { _ in tombstoneReader.next(in: discard.span.bytes) })
        #expect(tombstones == [KnownAnswerTests.tombstone(from: 0x10), KnownAnswerTests.tombstone(from: 0x11)])
    }

    /// A range of bytes that are not there gives nothing to send, and no trap: what they belonged to may have ended.
    @Test func bytesThatAreNotThereAreNotWritten() {
        let request = Request.deposit(KnownAnswerTests.upload(size: 2_048, index: 1))
        for count in [0, 1, KnownAnswerTests.payload.count] {
            var writer = ByteWriter(capacity: Limits.datagramSize)
            let payload = Array(KnownAnswerTests.payload.prefix(count))
            request.encode(requestID: 1, payload: payload.span.bytes, into: &writer)
            #expect(writer.overflowed == (count < KnownAnswerTests.payload.count))
        }
    }
}
