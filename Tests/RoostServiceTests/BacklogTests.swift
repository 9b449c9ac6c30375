import Basics
import RoostService
import Testing

/// Who sends most while a node is behind gets no more of it than anybody else.
@Suite struct BacklogTests {
    /// A datagram that says which block it is of and which of its datagrams it is.
    private static func append(_ number: UInt32, of block: UInt32, to backlog: inout Backlog) {
        let bytes = block.bigEndianBytes + number.bigEndianBytes
        let sender = Endpoint(ipv4: 0x3c00_0000 + block << 8, port: UInt16(number % 60_000 + 1))
        bytes.withUnsafeBytes { backlog.append($0, from: Backlog.Origin(sender: sender, socket: 0)) }
    }

    private static func next(
        of backlog: inout Backlog, cost: (_ block: UInt32) -> Duration = { _ in .microseconds(50) }
    ) -> (block: UInt32, number: UInt32)? {
        var read: (UInt32, UInt32)?
        let isOne = backlog.next { bytes, origin in
            let words = (0..<2).map { bytes.unsafeLoadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self).bigEndian }
            let (block, number) = (words[0], words[1])
            #expect(origin.sender.ipv4 == 0x3c00_0000 + block << 8)
            read = (block, number)
            return cost(block)
        }
        #expect(isOne == (read != nil))
        return read
    }

    @Test func blocksHaveTurnsAndTheirDatagramsKeepTheirOrder() {
        var backlog = Backlog()
        #expect(backlog.isEmpty && Self.next(of: &backlog) == nil)
        for number in 0..<4 as Range<UInt32> { Self.append(number, of: 1, to: &backlog) }
        for number in 0..<2 as Range<UInt32> { Self.append(number, of: 2, to: &backlog) }
        Self.append(0, of: 3, to: &backlog)
        var served: [String] = []
        while let (block, number) = Self.next(of: &backlog) { served.append("\(block).\(number)") }
        #expect(served == ["1.0", "2.0", "3.0", "1.1", "2.1", "1.2", "1.3"])
        #expect(backlog.isEmpty && backlog.drainDropped() == 0)
    }

    /// Sixty-four blocks send ten times what is dealt with; one sends a little less than its turn, and loses nothing.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func whoSendsLittleLosesNothing(_ seed: UInt64) throws {
        var (backlog, chance) = (Backlog(), SeededGenerator(seed: seed))
        var waiting: [UInt32: Int] = [:]
        var (sent, served, round) = (UInt32(0), UInt32(0), 0)
        while served < 500 {
            for number in 0..<640 as Range<UInt32> {
                Self.append(number, of: UInt32(chance.next() % 64), to: &backlog)
                if number == 320, round % 2 == 0, sent < 500 {
                    Self.append(sent, of: 1_000, to: &backlog)
                    waiting[sent] = 0
                    sent += 1
                }
            }
            for _ in 0..<64 {
                let datagram = Self.next(of: &backlog)
                let (block, number) = try #require(datagram)
                for key in waiting.keys { waiting[key, default: 0] += 1 }
                guard block == 1_000 else { continue }
                #expect(number == served, "in order, and none is missing")
                let wait = waiting.removeValue(forKey: number)
                let waited = try #require(wait)
                #expect(waited <= 2 * 65, "two rounds at most")
                served += 1
            }
            round += 1
            try #require(round < 10_000)
        }
    }

    /// What comes out went in, once and in its block's order; what doesn't is counted; and there is never more than has room.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func nothingIsDoubledAndAllIsCounted(_ seed: UInt64) throws {
        var (backlog, chance) = (Backlog(capacity: 32), SeededGenerator(seed: seed))
        var sent: [UInt32: UInt32] = [:]
        var last: [UInt32: UInt32] = [:]
        var (came, went, dropped) = (0, 0, 0)
        func serve() throws {
            guard let (block, number) = Self.next(of: &backlog) else { return }
            if let former = last[block] { #expect(number > former) }
            last[block] = number
            went += 1
        }
        for _ in 0..<20_000 {
            if chance.next() % 5 < 3 {
                let block = UInt32(chance.next() % 40)
                Self.append(sent[block, default: 0], of: block, to: &backlog)
                sent[block, default: 0] += 1
                came += 1
            } else {
                try serve()
            }
            dropped += backlog.drainDropped()
            #expect(backlog.count <= 32 && backlog.count == came - went - dropped)
        }
        while !backlog.isEmpty { try serve() }
        #expect(came == went + dropped && dropped > 0)
        #expect(!backlog.next { _, _ in .zero })
    }

    /// Sixty-four blocks send what costs twenty times as much as the questions of another, which asks for less time than they have: that one
    /// waits for some of their datagrams, not for one of each.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func whoCausesMoreWorkHasFewerTurns(_ seed: UInt64) throws {
        var (backlog, chance) = (Backlog(), SeededGenerator(seed: seed))
        for number in 0..<2_000 as Range<UInt32> { Self.append(number, of: UInt32(chance.next() % 64), to: &backlog) }
        func serve() throws -> (block: UInt32, cost: Duration) {
            let cost = { (block: UInt32) in block == 1_000 ? Duration.microseconds(20) : .microseconds(400) }
            let block = try #require(Self.next(of: &backlog, cost: cost)).block
            return (block, cost(block))
        }
        // All have begun: before that nobody owes anything.
        for _ in 0..<64 { _ = try serve() }
        for question in 0..<20 as Range<UInt32> {
            for _ in 0..<4 { _ = try serve() }
            Self.append(question, of: 1_000, to: &backlog)
            var waited = Duration.zero
            var served = try serve()
            while served.block != 1_000 {
                waited += served.cost
                served = try serve()
            }
            #expect(waited <= .microseconds(4 * 400))
        }
    }

    /// Whatever their datagrams cost, blocks that have some waiting have the same time of it.
    @Test func allHaveTheSameTime() throws {
        var (backlog, spent) = (Backlog(), [UInt32: Duration]())
        func cost(_ block: UInt32) -> Duration { .microseconds([3, 20, 50, 130, 400][Int(block)]) }
        var sent: UInt32 = 0
        func fill(_ block: UInt32) {
            for _ in 0..<40 {
                Self.append(sent, of: block, to: &backlog)
                sent += 1
            }
        }
        for block in 0..<5 as Range<UInt32> { fill(block) }
        var left = [UInt32: Int](uniqueKeysWithValues: (0..<5).map { ($0, 40) })
        for _ in 0..<20_000 {
            let block = try #require(Self.next(of: &backlog, cost: cost)).block
            spent[block, default: .zero] += cost(block)
            left[block, default: 0] -= 1
            if left[block, default: 0] < 20 {
                fill(block)
                left[block, default: 0] += 40
            }
        }
        let (most, least) = (try #require(spent.values.max()), try #require(spent.values.min()))
        #expect(most - least <= .microseconds(2 * 400) && least > .milliseconds(10))
    }

    /// A block that has nothing here at the moment still pays for what it caused before.
    @Test func debtsOutlastAnEmptyQueue() {
        var backlog = Backlog()
        for number in 0..<24 as Range<UInt32> { Self.append(number / 3, of: 2 + number % 3, to: &backlog) }
        Self.append(0, of: 1, to: &backlog)
        var served: [UInt32] = []
        func serve() {
            let next = Self.next(of: &backlog) { .microseconds($0 == 1 ? 400 : 50) }
            if let next { served.append(next.block) }
        }
        for _ in 0..<5 { serve() }
        #expect(served == [2, 3, 4, 1, 2])
        // Another had its turn while its queue was empty.
        Self.append(1, of: 1, to: &backlog)
        for _ in 0..<12 { serve() }
        #expect(served.count == 17 && served.count { $0 == 1 } == 1)
    }

    /// Where nothing waits, the node keeps up, and nobody owes anything.
    @Test func debtsEndWithTheBacklog() {
        var backlog = Backlog()
        Self.append(0, of: 1, to: &backlog)
        _ = Self.next(of: &backlog) { _ in Limits.backlogDebt }
        Self.append(1, of: 1, to: &backlog)
        Self.append(0, of: 2, to: &backlog)
        #expect(Self.next(of: &backlog)?.block == 1)
        #expect(Self.next(of: &backlog)?.block == 2)
    }

    /// Where as many blocks as there is room for owe something, those with nothing here make room for others.
    @Test func debtorsTakeNoRoomFromOthers() throws {
        var backlog = Backlog(capacity: 8)
        for block in 100..<106 as Range<UInt32> { Self.append(0, of: block, to: &backlog) }
        for block in 0..<20 as Range<UInt32> {
            Self.append(0, of: block, to: &backlog)
            var served = UInt32.max
            for _ in 0..<200 where served != block {
                let next = Self.next(of: &backlog) { $0 >= 100 ? .microseconds(50) : Limits.backlogDebt }
                served = try #require(next).block
                if served >= 100 { Self.append(block + 1, of: served, to: &backlog) }
            }
            #expect(served == block && backlog.count == 6 && backlog.drainDropped() == 0)
        }
    }

    /// One block alone may have all room.
    @Test func theOnlyBlockHasAllRoom() {
        var backlog = Backlog(capacity: 8)
        for number in 0..<10 as Range<UInt32> { Self.append(number, of: 7, to: &backlog) }
        #expect(backlog.count == 8 && backlog.drainDropped() == 2)
        // Another comes: the longest queue loses its oldest.
        Self.append(0, of: 8, to: &backlog)
        #expect(backlog.count == 8 && backlog.drainDropped() == 1)
        var served: [String] = []
        while let (block, number) = Self.next(of: &backlog) { served.append("\(block).\(number)") }
        #expect(served == ["7.1", "8.0"] + (2..<8).map { "7.\($0)" })
    }

    /// A few datagrams of one envelope, beside many who send one each and one who floods: the flood alone gives way.
    @Test func onlyTheLongestQueueGivesWay() {
        var backlog = Backlog()
        for block in 0..<500 as Range<UInt32> { Self.append(0, of: block, to: &backlog) }
        for number in 0..<2_000 as Range<UInt32> { Self.append(number, of: 600, to: &backlog) }
        #expect(backlog.count == Limits.backlogDatagrams)
        for number in 0..<36 as Range<UInt32> { Self.append(number, of: 700, to: &backlog) }
        var served: [UInt32: Int] = [:]
        while let (block, _) = Self.next(of: &backlog) { served[block, default: 0] += 1 }
        #expect(served[700] == 36 && served[600] == Limits.backlogDatagrams - 536)
        #expect((0..<500).allSatisfy { served[$0] == 1 })
    }

    @Test func whatIsTooLongIsLeftOut() {
        var backlog = Backlog()
        let long = [UInt8](repeating: 1, count: Limits.datagramSize + 1)
        let origin = Backlog.Origin(sender: Endpoint(ipv4: 1, port: 1))
        long.withUnsafeBytes { backlog.append($0, from: origin) }
        #expect(backlog.isEmpty && backlog.drainDropped() == 0)
        long.dropLast().withUnsafeBytes { backlog.append($0, from: origin) }
        #expect(backlog.count == 1)
    }
}
