import Basics
import Cryptography
import Testing
import Wire

/// What a node tells others of what it keeps: to servers of its subtree all, to others nothing but what they could find
/// out by bringing it.
@Suite struct ComparisonStories {
    private static let today = UnixTime(seconds: 1_790_000_000).day
    private static let mailbox = Location(Bytes32(words: (1, 2, 3, 4)))

    private static let envelope: [UInt8] = {
        let header = EnvelopeHeader(expiry: today.advanced(by: 10), sizeClass: 0)
        return header.assemble(sealed: [UInt8](repeating: 7, count: header.sealed.count))
    }()

    private static var id: EnvelopeID { EnvelopeID(hashing: envelope.span.bytes) }

    /// A node that keeps an envelope, brought by the first of three servers, and the parts that ask: a server and a client.
    private func stage(seed: UInt64) -> (stage: Stage, server: Int, client: Int) {
        var stage = Stage(servers: 3, seed: seed)
        for index in 0..<3 {
            let range = Chunks.range(index, of: ComparisonStories.envelope.count)
            let chunk = UploadChunk(
                location: ComparisonStories.mailbox, object: ComparisonStories.id.bytes, size: 2_048, index: index,
                bytes: range)
            stage.ask(.deposit(chunk), payload: ComparisonStories.envelope, from: 0)
            stage.run(for: .milliseconds(100))
        }
        let client = stage.addPart(as: .client)
        stage.ask(.ping, from: client)
        stage.run(for: .seconds(1))
        return (stage, 1, client)
    }

    /// All that the node keeps, asked by somebody who has nothing.
    private func ask(
        _ stage: inout Stage, by part: Int, day: Day = today, depth: Int = 0
    ) -> (response: Response?, items: [ItemKey]) {
        var writer = RangeWriter()
        _ = writer.fingerprint(Fingerprint(0), upTo: .end)
        let ranges = writer.finish()
        let request = ReconcileRequest(
            nonce: 1, firstDay: day, depth: depth, ranges: ByteRange(offset: 0, count: ranges.count))
        let number = stage.ask(.reconcile(request), payload: ranges, from: part)
        stage.run(for: .milliseconds(100))
        guard let response = stage.parts[part].answers[number], let body = stage.parts[part].bodies[number],
            case .reconciled(let range, _) = response
        else { return (stage.parts[part].answers[number], []) }
        var reader = RangeReader(range)
        var items: [ItemKey] = []
        while let entry = reader.next(in: body.span.bytes) { if case .item(let key) = entry { items.append(key) } }
        return (response, items)
    }

    private func answer(_ stage: inout Stage, to request: Request, by part: Int) -> Response? {
        let number = stage.ask(request, from: part)
        stage.run(for: .milliseconds(100))
        return stage.parts[part].answers[number]
    }

    @Test func serversOfTheSubtreeCompareAndFetchWhatTheyLack() {
        var (stage, server, _) = stage(seed: 1)
        let compared = ask(&stage, by: server)
        #expect(compared.items == [.envelope(ComparisonStories.id, in: ComparisonStories.mailbox)])
        let chunk = answer(&stage, to: .fetch(ComparisonStories.mailbox, ComparisonStories.id, chunk: 0), by: server)
        guard case .chunk(let part) = chunk else {
            Issue.record("no chunk but \(String(describing: chunk))")
            return
        }
        #expect(part.size == 2_048 && part.bytes.count == Limits.chunkSize)
    }

    @Test func othersLearnNothing() {
        var (stage, _, client) = stage(seed: 2)
        let compared = ask(&stage, by: client)
        #expect(compared.response == .refused(.notResponsible, retryAfterSeconds: 0))
        let fetch = Request.fetch(ComparisonStories.mailbox, ComparisonStories.id, chunk: 0)
        #expect(answer(&stage, to: fetch, by: client) == .refused(.unauthorized, retryAfterSeconds: 0))
    }

    @Test func anotherDayOrSubtreeIsRefused() {
        var (stage, server, _) = stage(seed: 3)
        let late = ask(&stage, by: server, day: ComparisonStories.today.advanced(by: 3))
        #expect(late.response == .refused(.expiry, retryAfterSeconds: 0))
        // So many bits no two nodes share.
        #expect(ask(&stage, by: server, depth: 200).response == .refused(.notResponsible, retryAfterSeconds: 0))
    }

    @Test func whoKeepsAnEnvelopeProvesItToAnybody() {
        var (stage, server, client) = stage(seed: 4)
        let nonce: UInt128 = 77
        let proof = AuditProof.make(nonce: nonce, by: stage.node.id, of: ComparisonStories.envelope.span.bytes)
        for part in [server, client] {
            let held = Request.has(ComparisonStories.mailbox, ComparisonStories.id, nonce: nonce)
            #expect(answer(&stage, to: held, by: part) == .proof(proof))
            let other = Request.has(ComparisonStories.mailbox, EnvelopeID(.zero), nonce: nonce)
            #expect(answer(&stage, to: other, by: part) == .refused(.notFound, retryAfterSeconds: 0))
        }
    }
}
