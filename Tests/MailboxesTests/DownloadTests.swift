import Basics
import Cryptography
import Mailboxes
import Testing
import Wire

@Suite struct DownloadTests {
    @Test(arguments: [1, 896, 897, 2_048, 69_632, 114_688], [0, 30])
    func arrivesOverALossyLink(_ size: Int, loss: Int) {
        for seed in UInt64(1)...4 {
            var generator = SeededGenerator(seed: seed)
            let bytes = generator.bytes(size)
            var download = Download(expectedHash: Blake2b.hash256(bytes), size: size)
            var asked: [(index: Int, number: Int)] = []
            var requests = 0
            while requests < 2_000 {
                while case .request(let index, let number) = download.next() {
                    asked.append((index, number))
                    requests += 1
                }
                guard !asked.isEmpty else { break }
                let (index, number) = asked.remove(at: loss == 0 ? 0 : generator.below(asked.count))
                if generator.chance(loss) {
                    download.observeLoss(of: number)
                } else {
                    for _ in 0...generator.below(2) { give(index, number, of: bytes, to: &download) }
                }
            }
            #expect(download.next() == .finished(bytes), "size \(size), loss \(loss) %, seed \(seed)")
            #expect(requests <= Chunks.count(of: size) * (loss == 0 ? 1 : 4) + (loss == 0 ? 0 : 20))
        }
    }

    @Test func asksForTheFirstChunkUntilTheSizeIsKnown() {
        var download = Download(sizeLimit: 5_000)
        #expect(download.next() == .request(0, number: 0))
        #expect(download.next() == .wait)
        give(0, 0, of: [UInt8](repeating: 1, count: 3_000), to: &download)
        #expect(download.next() == .request(1, number: 1))
    }

    @Test func asksAtOnceForWhatSomethingOfTheExpectedSizeHas() {
        let bytes = SeededBytes(3).bytes(1_700)
        var download = Download(sizeLimit: 4_096, expectedSize: 1_792)
        #expect(download.next() == .request(0, number: 0))
        #expect(download.next() == .request(1, number: 1))
        #expect(download.next() == .wait)
        give(1, 1, of: bytes, to: &download)
        #expect(download.next() == .wait && !download.begins(like: bytes))
        give(0, 0, of: bytes, to: &download)
        #expect(download.next() == .finished(bytes))
    }

    @Test func whatIsLargerThanExpectedIsRequestedToItsEnd() {
        let bytes = SeededBytes(4).bytes(2_000)
        var download = Download(sizeLimit: 4_096, expectedSize: 1_792)
        while case .request(let index, let number) = download.next() { give(index, number, of: bytes, to: &download) }
        #expect(download.next() == .finished(bytes))
    }

    /// Whichever of the two answers comes first.
    @Test(arguments: [false, true])
    func whatIsShorterThanExpectedIsNotAbsent(isAbsenceFirst: Bool) {
        let bytes = SeededBytes(5).bytes(800)
        var download = Download(sizeLimit: 4_096, expectedSize: 1_792)
        while case .request = download.next() {}
        if isAbsenceFirst {
            let isAbsent = download.observeAbsence(of: 1)
            #expect(!isAbsent && download.next() == .wait)
        }
        give(0, 0, of: bytes, to: &download)
        #expect(download.next() == .finished(bytes))
    }

    @Test func whereTheFirstChunkIsAbsentNothingIsThere() {
        var download = Download(sizeLimit: 4_096, expectedSize: 1_792)
        while case .request = download.next() {}
        let (isSecondEnough, isFirstEnough) = (download.observeAbsence(of: 1), download.observeAbsence(of: 0))
        #expect(!isSecondEnough && isFirstEnough)
    }

    @Test func beginsLikeWhatHasItsSizeAndItsFirstChunk() {
        let bytes = SeededBytes(6).bytes(1_700)
        var download = Download(sizeLimit: 4_096)
        _ = download.next()
        #expect(!download.begins(like: bytes))
        give(0, 0, of: bytes, to: &download)
        var (otherEnd, otherBeginning) = (bytes, bytes)
        otherEnd[1_600] ^= 1
        otherBeginning[800] ^= 1
        #expect(download.begins(like: bytes) && download.begins(like: otherEnd))
        #expect(!download.begins(like: otherBeginning) && !download.begins(like: bytes + [0]))
    }

    @Test func whatHasAnotherHashOrSizeFails() {
        let bytes = SeededBytes(1).bytes(1_500)
        var forged = bytes
        forged[1_200] ^= 1
        var download = Download(expectedHash: Blake2b.hash256(bytes), size: 1_500)
        while case .request(let index, let number) = download.next() { give(index, number, of: forged, to: &download) }
        #expect(download.next() == .failed)
        for (size, index, count) in [(0, 0, 0), (1_501, 0, 896), (1_500, 2, 0), (1_500, 0, 895), (1_500, -1, 896)] {
            var download = Download(sizeLimit: 1_500)
            _ = download.next()
            let chunk = DownloadChunk(size: size, index: index, bytes: ByteRange(offset: 0, count: count))
            download.observe(chunk, bytes.span.bytes, number: 0)
            #expect(download.next() == .failed, "size \(size), index \(index), \(count) bytes")
        }
    }

    @Test func aRecordReplacedMeanwhileIsReadAnew() {
        let (old, new) = (SeededBytes(1).bytes(1_500), SeededBytes(2).bytes(1_600))
        var download = Download(sizeLimit: 4_096)
        _ = download.next()
        give(0, 0, of: old, to: &download)
        #expect(download.next() == .request(1, number: 1))
        give(1, 1, of: new, to: &download)
        #expect(download.next() == .request(0, number: 2))
        give(0, 2, of: new, to: &download)
        #expect(download.next() == .finished(new))
    }

    @Test func aSizeThatChangesForeverAndSilenceFail() {
        var download = Download(sizeLimit: 4_096)
        for size in 1_000..<1_020 {
            guard case .request(let index, let number) = download.next() else { break }
            give(index, number, of: SeededBytes(1).bytes(size), to: &download)
        }
        #expect(download.next() == .failed)
        var silent = Download(sizeLimit: 4_096)
        var requests = 0
        while requests < 100, case .request(_, let number) = silent.next() {
            requests += 1
            silent.observeLoss(of: number)
        }
        #expect(silent.next() == .failed && requests == Limits.transferFailures)
    }

    private func give(_ index: Int, _ number: Int, of bytes: [UInt8], to download: inout Download) {
        let chunk = DownloadChunk(size: bytes.count, index: index, bytes: Chunks.range(index, of: bytes.count))
        download.observe(chunk, bytes.span.bytes, number: number)
    }
}
