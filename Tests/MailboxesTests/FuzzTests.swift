import Basics
import Cryptography
import Mailboxes
import Testing
import Wire

/// Whatever comes from outside, decoded as it would be, does no harm.
@Suite struct FuzzTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomRequestsDoNoHarm(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var bench = try Bench()
        let owner = Owner(1)
        let numbers = [0, 1, -1, 2, 127, 128, 895, 896, 897, 2_048, 4_096, 69_632, 114_688, 114_689, .max, .min]
        func any() -> Int { numbers[generator.below(numbers.count)] }
        for _ in 0..<4_000 {
            let body = generator.bytes(generator.below(1_001))
            let chunk = UploadChunk(
                location: owner.mailbox.location, object: generator.chance(50) ? .zero : Blake2b.hash256(body),
                size: generator.chance(30) ? body.count : any(), index: any(),
                bytes: ByteRange(offset: generator.below(4), count: max(0, generator.chance(50) ? body.count : any())))
            let source = Source(session: generator.next() % 3, account: Account(rawValue: 1))
            switch generator.below(4) {
            case 0:
                _ = bench.buddy.deposit(
                    chunk, body.span.bytes, from: source, isResponsible: true, now: bench.now, store: &bench.store)
            case 1:
                _ = bench.buddy.putRecord(
                    chunk, body.span.bytes, from: source, isResponsible: true, now: bench.now, store: &bench.store)
            case 2: _ = bench.buddy.assembleDelivery(chunk, body.span.bytes, from: source, now: bench.now)
            default:
                var download =
                    generator.chance(50)
                    ? Download(sizeLimit: max(0, any())) : Download(expectedHash: .zero, size: any())
                _ = download.next()
                download.observe(
                    DownloadChunk(size: chunk.size, index: chunk.index, bytes: chunk.bytes), body.span.bytes,
                    number: generator.below(3) - 1)
                _ = download.next()
            }
        }
        bench.commit()
        bench.checkInvariants("seed \(seed)")
        #expect(bench.buddy.usage == NodeUsage())
    }

    /// Clocks may say anything.
    @Test(arguments: [Int64.min, -1, 0, 1, .max])
    func anyTimeDoesNoHarm(_ seconds: Int64) throws {
        var bench = try Bench()
        let owner = Owner(1)
        #expect(bench.deposit(envelope(1), to: owner.mailbox.location).isKeep)
        bench.now.utc = UnixTime(seconds: seconds)
        _ = bench.deposit(envelope(2), to: owner.mailbox.location)
        _ = bench.putRecord(owner.recordBytes(1), at: owner.record.location)
        _ = bench.discard(owner, [owner.tombstone(envelope(2), expiry: Day(number: .max))])
        _ = bench.discard(owner, [owner.tombstone(envelope(2), expiry: Day(number: 0))])
        _ = bench.sweepAll()
        bench.commit()
        bench.checkInvariants("at \(seconds)")
    }
}
