import Basics
import Cryptography
import Mailboxes
import Testing
import Wire

@Suite struct ChunkAssemblerTests {
    private let location = Owner(1).mailbox.location
    private let start = Now.noon(today).monotonic

    @Test(arguments: [1, 895, 896, 897, 2_048, 4_096, 69_632, 114_688], [1, 2] as [UInt64])
    func assemblesInAnyOrder(_ size: Int, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let bytes = generator.bytes(size)
        var order = Array(0..<Chunks.count(of: size))
        order.shuffle(using: &generator)
        var assembler = ChunkAssembler()
        var arrived: UInt128 = 0
        for index in order {
            arrived |= 1 << UInt128(index)
            let outcome = add(index, of: bytes, to: &assembler)
            #expect(outcome == (index == order.last ? .whole(bytes) : .partial(arrived)), "seed \(seed)")
        }
        #expect(assembler.count == 0 && assembler.nextDeadline == nil)
    }

    @Test func purposesSessionsAndPlacesAreApart() {
        let bytes = [UInt8](repeating: 1, count: 1_000)
        var assembler = ChunkAssembler()
        #expect(add(0, of: bytes, to: &assembler) == .partial(1))
        #expect(add(1, of: bytes, to: &assembler, session: 2) == .partial(2))
        #expect(add(1, of: bytes, for: .record, to: &assembler) == .partial(2))
        #expect(assembler.count == 3)
        #expect(add(1, of: bytes, to: &assembler) == .whole(bytes))
        #expect(assembler.count == 2)
    }

    @Test func nonsenseIsRefused() {
        let bytes = [UInt8](repeating: 1, count: 2_000)
        var assembler = ChunkAssembler()
        func refuses(size: Int, index: Int, offset: Int, count: Int) -> Bool {
            let chunk = UploadChunk(
                location: location, object: .zero, size: size, index: index,
                bytes: ByteRange(offset: offset, count: count))
            return assembler.add(chunk, bytes.span.bytes, for: .deposit, from: Bench.source, now: start)
                == .refused(.invalid)
        }
        #expect(refuses(size: 0, index: 0, offset: 0, count: 0))
        #expect(refuses(size: -1, index: 0, offset: 0, count: 0))
        #expect(refuses(size: .max, index: 0, offset: 0, count: 896))
        #expect(refuses(size: 114_689, index: 0, offset: 0, count: 896))
        #expect(refuses(size: 2_000, index: 3, offset: 0, count: 896))
        #expect(refuses(size: 2_000, index: -1, offset: 0, count: 896))
        #expect(refuses(size: 2_000, index: 0, offset: 0, count: 895))
        #expect(refuses(size: 2_000, index: 2, offset: 0, count: 896))
        #expect(refuses(size: 2_000, index: 0, offset: 1_500, count: 896), "beyond the body")
        #expect(refuses(size: 100, index: 0, offset: 0, count: 100), "not its hash")
        #expect(assembler.count == 0)
    }

    @Test func aSessionHasTwoAndABlockAndANodeSoManyBytes() {
        var assembler = ChunkAssembler()
        for number in 0..<UInt64(3) {
            let outcome = add(0, of: envelope(number, sizeClass: 3), to: &assembler)
            #expect(outcome == (number < 2 ? .partial(1) : .refused(.busy)))
        }
        #expect(add(1, of: envelope(0, sizeClass: 3), to: &assembler) == .partial(3), "what is open goes on")
        var session: UInt64 = 10
        func fill(block: UInt64) -> Int {
            var count = 0
            while add(0, of: envelope(session, sizeClass: 3), to: &assembler, session: session, block: block)
                == .partial(1)
            {
                session += 1
                count += 1
            }
            return count
        }
        let size = Limits.sizeClasses[3]
        #expect(fill(block: 1) == Limits.assemblyBytesPerBlock / size - 2)
        #expect(fill(block: 2) == Limits.assemblyBytesPerBlock / size)
        #expect(fill(block: 3) == Limits.assemblyBytes / size - assemblerFill(size))
        #expect(assembler.count == Limits.assemblies || assembler.count == Limits.assemblyBytes / size)
        assembler.forget(session: 1)
        #expect(add(0, of: envelope(session, sizeClass: 3), to: &assembler, session: session, block: 4) == .partial(1))
    }

    private func assemblerFill(_ size: Int) -> Int { Limits.assemblyBytesPerBlock / size * 2 }

    @Test func aSetIsForgottenWhenNothingNewComes() {
        let bytes = [UInt8](repeating: 1, count: 3_000)
        var assembler = ChunkAssembler()
        #expect(add(0, of: bytes, to: &assembler, after: .zero) == .partial(1))
        #expect(add(1, of: bytes, to: &assembler, after: .seconds(9)) == .partial(3))
        #expect(add(1, of: bytes, to: &assembler, after: .seconds(15)) == .partial(3), "nothing new")
        #expect(assembler.nextDeadline == start + .seconds(19))
        assembler.removeExpired(now: start + .milliseconds(18_999))
        #expect(assembler.count == 1)
        assembler.removeExpired(now: start + .seconds(19))
        #expect(assembler.count == 0)
        #expect(add(2, of: bytes, to: &assembler, after: .seconds(20)) == .partial(4), "begun anew")
    }

    @Test func inventedSendersDontKeepOthersOut() {
        var assembler = ChunkAssembler()
        var refused = 0
        for number in UInt64(0)..<100 {
            let bytes = [UInt8](repeating: UInt8(number), count: 69_632)
            let outcome = add(0, of: bytes, to: &assembler, session: 100 + number, block: number, isProven: false)
            if outcome == .refused(.busy) { refused += 1 }
        }
        #expect(refused == 100 - Limits.assemblyBytesUnproven / 69_632)
        let bytes = [UInt8](repeating: 1, count: 69_632)
        let outcome = add(0, of: bytes, to: &assembler)
        #expect(outcome == .partial(1))
        // One of them proves its address, and so makes room.
        let proven = add(1, of: [UInt8](repeating: 0, count: 69_632), to: &assembler, session: 100, block: 0)
        #expect(proven == .partial(3))
        let next = add(0, of: bytes, to: &assembler, session: 300, block: 300, isProven: false)
        #expect(next == .partial(1))
    }

    private func add(
        _ index: Int, of bytes: [UInt8], for purpose: UploadPurpose = .deposit, to assembler: inout ChunkAssembler,
        session: UInt64 = 1, block: UInt64 = 1, isProven: Bool = true, after: Duration = .zero
    ) -> ChunkAssembler.Outcome {
        assembler.add(
            chunk(index, of: bytes, at: location), bytes.span.bytes, for: purpose,
            from: Source(session: session, block: block, isProven: isProven), now: start + after)
    }
}
