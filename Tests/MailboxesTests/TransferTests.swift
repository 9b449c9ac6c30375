import Basics
import Cryptography
import Mailboxes
import Testing
import Wire

/// Both ends of transfers over a virtual link that loses, delays, repeats and reorders.
@Suite struct TransferTests {
    private let location = Owner(1).mailbox.location

    @Test(arguments: Limits.sizeClasses, [0, 5, 20])
    func anUploadArrivesOverALossyLink(_ size: Int, loss: Int) throws {
        for seed in UInt64(1)...8 {
            let link = Upload(bytes: SeededBytes(seed).bytes(size), location: location, loss: loss, seed: seed)
            let result = link.run()
            #expect(result.isKept, "size \(size), loss \(loss) %, seed \(seed)")
            let chunks = Chunks.count(of: size)
            // Until it has learnt that answers overtake each other, it takes some for lost.
            let bound = loss == 0 ? chunks + 16 : chunks * 4 + 40
            #expect(result.sendings <= bound, "\(result.sendings) sendings, seed \(seed), loss \(loss) %")
        }
    }

    @Test func aReceiverThatForgetsIsServedAgain() throws {
        var link = Upload(bytes: SeededBytes(3).bytes(69_632), location: location, loss: 5, seed: 3)
        link.forgetsAfter = 40
        #expect(link.run().isKept)
    }

    @Test func aSilentNodeIsGivenUp() {
        var transfer = Transfer(size: 69_632)
        var sendings = 0
        var now = Instant.origin
        loop: while sendings < 10_000 {
            var batch: [Int] = []
            while case .send(_, let number) = transfer.next(now: now) { batch.append(number) }
            if batch.isEmpty { break loop }
            sendings += batch.count
            now = now + .seconds(1)
            for number in batch { transfer.observeLoss(of: number) }
        }
        #expect(transfer.next(now: now) == .failed)
        #expect(sendings == 10 + 5 + 2 * 6, "the window halves each time")
    }

    @Test func aNodeThatOnlyPretendsIsGivenUp() {
        var transfer = Transfer(size: 2_048)
        var sendings = 0
        while case .send(_, let number) = transfer.next(now: .origin) {
            sendings += 1
            transfer.observe(received: .max, number: number)
        }
        #expect(transfer.next(now: .origin) == .failed)
        #expect(sendings < 20)
    }

    @Test func aNodeThatAlwaysForgetsIsGivenUp() {
        var transfer = Transfer(size: 8_192)
        var sendings = 0
        while sendings < 100_000, case .send(let index, let number) = transfer.next(now: .origin) {
            sendings += 1
            transfer.observe(received: 1 << UInt128(index), number: number)
        }
        #expect(transfer.next(now: .origin) == .failed)
        #expect(sendings < 200)
    }

    @Test func aBusyNodeIsLeftAlone() {
        var transfer = Transfer(size: 2_048)
        #expect(transfer.next(now: .origin) == .send(0, number: 0))
        transfer.observeBusy(number: 0, retryAfterSeconds: 2, now: .origin)
        let until = Instant.origin + .seconds(2)
        #expect(transfer.next(now: .origin) == .wait(until: until))
        #expect(transfer.next(now: until) == .send(0, number: 1))
        transfer.observeBusy(number: 1, retryAfterSeconds: .max, now: until)
        #expect(transfer.next(now: until) == .wait(until: until + .seconds(Limits.longestPauseSeconds)))
    }

    @Test func impossibleSizesAndAnswersDoNoHarm() {
        for size in [0, -5, .max, Chunks.largestSize + 1] {
            var transfer = Transfer(size: size)
            #expect(transfer.next(now: .origin) == .failed)
            transfer.observe(received: .max, number: 3)
        }
        var transfer = Transfer(size: Chunks.largestSize)
        for number in [-1, 5, 128, .max] {
            transfer.observe(received: .max, number: number)
            transfer.observeLoss(of: number)
            transfer.observeBusy(number: number, retryAfterSeconds: 9, now: .origin)
        }
        #expect(transfer.next(now: .origin) == .send(0, number: 0), "answers to what wasn't sent mean nothing")
    }
}

/// Bytes from a seed.
struct SeededBytes {
    private let seed: UInt64
    init(_ seed: UInt64) { self.seed = seed }
    func bytes(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return generator.bytes(count)
    }
}

/// One upload to an assembler that answers `kept` when it has everything: a tiny discrete simulation.
private struct Upload {
    let bytes: [UInt8]
    let location: Location
    let loss: Int
    let seed: UInt64
    var forgetsAfter = Int.max

    private enum Event {
        case arrival(Int, number: Int)
        case answer(number: Int, ChunkAssembler.Outcome)
        case timeout(number: Int)
    }

    func run() -> (isKept: Bool, sendings: Int) {
        var generator = SeededGenerator(seed: seed)
        var transfer = Transfer(size: bytes.count)
        var assembler = ChunkAssembler()
        var hasAll = false
        var arrivals = 0
        var sendings = 0
        var events: [(at: Int, event: Event)] = []
        var answered: Set<Int> = []
        var time = 0
        while sendings < 5_000 {
            let now = Instant.origin + .milliseconds(time)
            while case .send(let index, let number) = transfer.next(now: now) {
                for _ in 0..<(generator.chance(loss / 3) ? 2 : 1) where !generator.chance(loss) {
                    events.append((time + 20 + generator.below(60), .arrival(index, number: number)))
                }
                events.append((time + 300, .timeout(number: number)))
                sendings += 1
            }
            guard let next = events.indices.min(by: { events[$0].at < events[$1].at }) else { break }
            let (at, event) = events.remove(at: next)
            time = at
            let then = Instant.origin + .milliseconds(time)
            switch event {
            case .arrival(let index, let number):
                arrivals += 1
                if arrivals == forgetsAfter { assembler = ChunkAssembler() }
                let outcome =
                    hasAll
                    ? .whole(bytes)
                    : assembler.add(
                        chunk(index, of: bytes, at: location), bytes.span.bytes, for: .deposit, from: Bench.source,
                        now: then)
                if case .whole(let whole) = outcome { hasAll = whole == bytes }
                if !generator.chance(loss) {
                    events.append((time + 20 + generator.below(60), .answer(number: number, outcome)))
                }
            case .answer(_, .whole(let whole)):
                return (whole == bytes, sendings)
            case .answer(let number, .partial(let arrived)):
                answered.insert(number)
                transfer.observe(received: arrived, number: number)
            case .answer: return (false, sendings)
            case .timeout(let number):
                if !answered.contains(number) { transfer.observeLoss(of: number) }
            }
        }
        return (false, sendings)
    }
}
