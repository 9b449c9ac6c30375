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

    @Test func aSessionHasTwoLargeAndABlockAndANodeSoManyBytes() {
        var assembler = ChunkAssembler()
        for number in 0..<UInt64(3) {
            let outcome = add(0, of: envelope(number, sizeClass: 3), to: &assembler)
            #expect(outcome == (number < 2 ? .partial(1) : .refused(.busy)))
        }
        #expect(add(1, of: envelope(0, sizeClass: 3), to: &assembler) == .partial(3), "what is open goes on")
        let size = Limits.sizeClasses[3]
        #expect(fill(&assembler, block: 1) == Limits.assemblyBytesPerBlock / size - 2)
        #expect(fill(&assembler, block: 2) == Limits.assemblyBytesPerBlock / size)
        #expect(assembler.count == Limits.assemblyBytes / size)
    }

    @Test func aSessionHasManySmallOnesAndNoMoreBytes() {
        var assembler = ChunkAssembler()
        for number in 0..<UInt64(Limits.assembliesPerSession) {
            #expect(add(0, of: envelope(number, sizeClass: 0), to: &assembler) == .partial(1))
        }
        #expect(add(0, of: envelope(99, sizeClass: 0), to: &assembler) == .refused(.busy))
        var mixed = ChunkAssembler()
        #expect(add(0, of: envelope(1, sizeClass: 0), to: &mixed) == .partial(1))
        #expect(add(0, of: envelope(2, sizeClass: 3), to: &mixed) == .partial(1))
        #expect(add(0, of: envelope(3, sizeClass: 3), to: &mixed) == .refused(.busy))
    }

    @Test func aFloodOfManySmallSetsKeepsNobodyElseOut() {
        var assembler = ChunkAssembler()
        for number in 0..<UInt64(2 * Limits.assemblies) {
            let small = SeededBytes(number).bytes(897)
            _ = add(0, of: small, to: &assembler, session: number / 32, block: number % 2)
        }
        #expect(assembler.count == Limits.assemblies)
        let honest = SeededBytes(7).bytes(69_632)
        #expect(add(0, of: honest, to: &assembler, session: 900, block: 900) == .partial(1))
    }

    @Test func aFloodFromTwoBlocksKeepsNobodyElseOut() {
        var assembler = ChunkAssembler()
        let flood = fill(&assembler, block: 1) + fill(&assembler, block: 2)
        for number in UInt64(0)..<20 {
            let honest = SeededBytes(number).bytes(69_632)
            let (session, block) = (900 + number, 900 + number)
            #expect(add(0, of: honest, to: &assembler, session: session, block: block) == .partial(1))
            // The flood goes on while the honest ones go on.
            fill(&assembler, block: 1, sessionsFrom: 1_000 * (number + 2))
            #expect(add(1, of: honest, to: &assembler, session: session, block: block) == .partial(3))
        }
        #expect(assembler.count == flood, "one goes for one that comes")
        #expect(assembler.byteCount <= Limits.assemblyBytes)
    }

    @Test func equalsDontDisplaceEachOther() {
        var assembler = ChunkAssembler()
        var taken = 0
        for block in UInt64(0)..<500 {
            let letter = SeededBytes(block).bytes(69_632)
            if add(0, of: letter, to: &assembler, session: block, block: block) == .partial(1) { taken += 1 }
        }
        #expect(taken == Limits.assemblyBytes / 69_632)
        let late = SeededBytes(7).bytes(69_632)
        let outcome = add(0, of: late, to: &assembler, session: 900, block: 900, after: Limits.assemblyStall)
        #expect(outcome == .partial(1), "those that have stalled give way")
    }

    @Test func withinABlockTheStalledGiveWay() {
        var assembler = ChunkAssembler()
        let honest = SeededBytes(1).bytes(69_632)
        #expect(add(0, of: honest, to: &assembler, session: 1, block: 1) == .partial(1))
        fill(&assembler, block: 1)
        let next = SeededBytes(2).bytes(69_632)
        #expect(add(0, of: next, to: &assembler, session: 2, block: 1) == .refused(.busy))
        #expect(add(1, of: honest, to: &assembler, session: 1, block: 1, after: .seconds(1)) == .partial(3))
        #expect(add(0, of: next, to: &assembler, session: 2, block: 1, after: .seconds(2)) == .partial(1))
        let goesOn = add(2, of: honest, to: &assembler, session: 1, block: 1, after: .seconds(2))
        #expect(goesOn == .partial(7), "it has not stalled")
    }

    @Test func whatHasAnotherHashIsRefusedAndFreesItsBytes() {
        var bytes = SeededBytes(4).bytes(2_048)
        let announced = Blake2b.hash256(bytes)
        bytes[1_000] ^= 1
        var assembler = ChunkAssembler()
        var outcomes: [ChunkAssembler.Outcome] = []
        for index in 0..<3 {
            let part = chunk(index, of: bytes, at: location, object: announced)
            outcomes.append(assembler.add(part, bytes.span.bytes, for: .deposit, from: Bench.source, now: start))
        }
        #expect(outcomes == [.partial(1), .partial(3), .refused(.invalid)])
        #expect(assembler.count == 0 && assembler.byteCount == 0)
    }

    /// Opens as many sets from a block as it may; returns how many.
    @discardableResult
    private func fill(_ assembler: inout ChunkAssembler, block: UInt64, sessionsFrom first: UInt64 = 1_000) -> Int {
        var count = 0
        while true {
            let session = block * 1_000_000 + first + UInt64(count)
            guard
                add(0, of: envelope(session, sizeClass: 3), to: &assembler, session: session, block: block)
                    == .partial(1)
            else { return count }
            count += 1
        }
    }

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
        var unheld = 0
        for number in UInt64(0)..<100 {
            let bytes = [UInt8](repeating: UInt8(number), count: 69_632)
            let outcome = add(0, of: bytes, to: &assembler, session: 100 + number, block: number, isProven: false)
            if outcome == .partial(0) { unheld += 1 }
        }
        #expect(unheld == 100 - Limits.assemblyBytesUnproven / 69_632)
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
            from: Source(session: session, account: Account(rawValue: block), isProven: isProven), now: start + after)
    }
}
