import Basics
import Cryptography
import NodeCore
import Testing
import Wire

/// Fetching from holders of whom some lie.
@Suite struct RetrievalTests {
    /// What an honest holder gives.
    private static let bytes = [UInt8](repeating: 9, count: 2_048)
    private static let real = EnvelopeID(hashing: bytes.span.bytes)

    private static func invented(_ number: UInt64) -> EnvelopeID { EnvelopeID(Bytes32(words: (number, 0, 0, 0))) }

    /// Steps until nothing is left to do, holder 0 giving garbage and all others the truth; returns what came of it.
    private static func run(_ retrieval: inout Retrieval) -> (
        fetched: [EnvelopeID], unavailable: Int, asked: [Int: Int]
    ) {
        var fetched: [EnvelopeID] = []
        var unavailable = 0
        var asked: [Int: Int] = [:]
        while true {
            switch retrieval.next(isFinal: true, isReady: { _ in true }) {
            case .request(_, let entry, let chunk, let number, let holder):
                asked[holder, default: 0] += 1
                let part = Chunks.range(chunk, of: bytes.count)
                let body = holder == 0 ? [UInt8](repeating: 0, count: bytes.count) : bytes
                let span = body.span.bytes
                retrieval.observe(
                    DownloadChunk(size: bytes.count, index: chunk, bytes: part), span, of: entry, from: holder,
                    number: number)
            case .whole(let envelope, let content):
                #expect(content == bytes)
                fetched.append(envelope)
            case .unavailable: unavailable += 1
            case .wait: return (fetched, unavailable, asked)
            }
        }
    }

    @Test func whatMostListComesFirstAndALiarIsSoonAskedNoMore() {
        var retrieval = Retrieval()
        let inventions = (1...500).map { RetrievalTests.invented($0) }
        for invention in inventions { _ = retrieval.list(invention, size: 2_048, by: 0) }
        let isNew = (1...2).map { retrieval.list(RetrievalTests.real, size: 2_048, by: $0) }
        #expect(isNew == [true, false])
        retrieval.want(inventions + [RetrievalTests.real])
        let (fetched, unavailable, asked) = RetrievalTests.run(&retrieval)
        #expect(fetched == [RetrievalTests.real])
        #expect(unavailable == 500)
        // Three chunks an envelope, and no more than those under way when it has failed thrice.
        #expect(asked[0, default: 0] <= 3 * 8)
        #expect(retrieval.isIdle)
    }

    @Test func anotherHolderIsAskedWhereOneGivesTheWrongBytes() {
        var retrieval = Retrieval()
        _ = retrieval.list(RetrievalTests.real, size: 2_048, by: 0)
        _ = retrieval.list(RetrievalTests.real, size: 2_048, by: 1)
        retrieval.want([RetrievalTests.real])
        #expect(RetrievalTests.run(&retrieval).fetched == [RetrievalTests.real])
    }

    @Test func oneListsNoMoreThanAMailboxHolds() {
        var retrieval = Retrieval()
        let listed = (1...5_000).count { retrieval.list(RetrievalTests.invented(UInt64($0)), size: 2_048, by: 0) }
        #expect(listed == Limits.envelopesPerMailbox)
        let isTaken = retrieval.list(RetrievalTests.real, size: 2_048, by: 1)
        #expect(isTaken)
    }

    @Test func whoCantBeAskedNowIsAskedLater() {
        var retrieval = Retrieval()
        _ = retrieval.list(RetrievalTests.real, size: 2_048, by: 1)
        retrieval.want([RetrievalTests.real])
        guard case .wait = retrieval.next(isFinal: false, isReady: { _ in false }) else {
            Issue.record("it didn't wait")
            return
        }
        guard case .request(_, let entry, _, _, let holder) = retrieval.next(isFinal: false, isReady: { _ in true })
        else {
            Issue.record("it didn't ask")
            return
        }
        let isReleased = retrieval.release(entry, from: holder)
        #expect(isReleased)
        #expect(!retrieval.isIdle)
        #expect(RetrievalTests.run(&retrieval).fetched == [RetrievalTests.real])
    }
}
