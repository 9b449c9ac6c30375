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
            let bound = loss == 0 ? chunks : chunks * 4 + 40
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
            while case .send(let index) = transfer.next(now: now) { batch.append(index) }
            if batch.isEmpty { break loop }
            sendings += batch.count
            now = now + .seconds(1)
            for index in batch { transfer.observeLoss(of: index, now: now) }
        }
        #expect(transfer.next(now: now) == .failed)
        #expect(sendings == Limits.initialWindow + Limits.smallestWindow * (Limits.transferFailures - 1))
    }

    @Test func aNodeThatOnlyPretendsIsGivenUp() {
        var transfer = Transfer(size: 2_048)
        var sendings = 0
        while case .send(let index) = transfer.next(now: .origin) {
            sendings += 1
            transfer.observe(received: .max, chunk: index, now: .origin)
        }
        #expect(transfer.next(now: .origin) == .failed)
        #expect(sendings < 20)
    }

    @Test func aNodeThatAlwaysForgetsIsGivenUp() {
        var transfer = Transfer(size: 8_192)
        var sendings = 0
        while sendings < 100_000, case .send(let index) = transfer.next(now: .origin) {
            sendings += 1
            transfer.observe(received: 1 << UInt128(index), chunk: index, now: .origin)
        }
        #expect(transfer.next(now: .origin) == .failed)
        #expect(sendings < 200)
    }

    @Test func aBusyNodeIsLeftAlone() {
        var transfer = Transfer(size: 2_048)
        #expect(transfer.next(now: .origin) == .send(0))
        transfer.observeBusy(chunk: 0, retryAfterSeconds: 2, now: .origin)
        let until = Instant.origin + .seconds(2)
        #expect(transfer.next(now: .origin) == .wait(until: until))
        #expect(transfer.next(now: until) == .send(0))
        transfer.observeBusy(chunk: 0, retryAfterSeconds: .max, now: until)
        #expect(transfer.next(now: until) == .wait(until: until + .seconds(Limits.longestPauseSeconds)))
    }

    @Test func impossibleSizesAndAnswersDoNoHarm() {
        for size in [0, -5, .max, Chunks.largestSize + 1] {
            var transfer = Transfer(size: size)
            #expect(transfer.next(now: .origin) == .failed)
            transfer.observe(received: .max, chunk: 3, now: .origin)
        }
        var transfer = Transfer(size: Chunks.largestSize)
        for chunk in [-1, 5, 128, .max] {
            transfer.observe(received: .max, chunk: chunk, now: .origin)
            transfer.observeLoss(of: chunk, now: .origin)
        }
        #expect(transfer.next(now: .origin) == .send(0), "answers to what wasn't sent mean nothing")
    }

    @Test func theWindowGrowsAndShrinks() {
        var transfer = Transfer(size: Chunks.largestSize)
        func sendAll() -> [Int] {
            var sent: [Int] = []
            while case .send(let index) = transfer.next(now: .origin) { sent.append(index) }
            return sent
        }
        let first = sendAll()
        #expect(first.count == Limits.initialWindow)
        var arrived: UInt128 = 0
        for index in first {
            arrived |= 1 << UInt128(index)
            transfer.observe(received: arrived, chunk: index, now: .origin)
        }
        let second = sendAll()
        #expect(second.count == 2 * Limits.initialWindow)
        for index in second { transfer.observeLoss(of: index, now: .origin) }
        #expect(sendAll() == Array(second.prefix(Limits.initialWindow)), "halved once, and the lost ones first")
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
        case arrival(Int, sending: Int)
        case answer(Int, sending: Int, ChunkAssembler.Outcome)
        case timeout(Int, sending: Int)
    }

    func run() -> (isKept: Bool, sendings: Int) {
        var generator = SeededGenerator(seed: seed)
        var transfer = Transfer(size: bytes.count)
        var assembler = ChunkAssembler()
        var hasAll = false
        var arrivals = 0
        var sendings = 0
        var events: [(at: Int, event: Event)] = []
        var answered: [Bool] = []
        var time = 0
        while sendings < 5_000 {
            let now = Instant.origin + .milliseconds(time)
            while case .send(let index) = transfer.next(now: now) {
                for _ in 0..<(generator.chance(loss / 3) ? 2 : 1) where !generator.chance(loss) {
                    events.append((time + 20 + generator.below(60), .arrival(index, sending: sendings)))
                }
                events.append((time + 300, .timeout(index, sending: sendings)))
                answered.append(false)
                sendings += 1
            }
            guard let next = events.indices.min(by: { events[$0].at < events[$1].at }) else { break }
            let (at, event) = events.remove(at: next)
            time = at
            let then = Instant.origin + .milliseconds(time)
            switch event {
            case .arrival(let index, let sending):
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
                    events.append((time + 20 + generator.below(60), .answer(index, sending: sending, outcome)))
                }
            case .answer(_, _, .whole(let whole)):
                return (whole == bytes, sendings)
            case .answer(let index, let sending, .partial(let arrived)):
                answered[sending] = true
                transfer.observe(received: arrived, chunk: index, now: then)
            case .answer: return (false, sendings)
            case .timeout(let index, let sending):
                if !answered[sending] { transfer.observeLoss(of: index, now: then) }
            }
        }
        return (false, sendings)
    }
}
