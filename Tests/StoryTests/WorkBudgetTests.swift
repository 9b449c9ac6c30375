import Basics
import NodeCore
import Testing
import Wire

/// What others' requests are charged for the work that they make.
@Suite struct WorkBudgetTests {
    private let account = Account.block(of: Endpoint(ipv4: 0x0808_0808, port: 1))

    /// What all chunks of an envelope cost.
    private func costOfDeposit(isSigned: Bool) -> Int {
        let header = EnvelopeHeader(expiry: Day(number: 20_000), sizeClass: 0, isSigned: isSigned)
        let sealed = [UInt8](repeating: 1, count: header.sealed.count)
        let envelope = header.assemble(sealed: sealed)
        return (0..<Chunks.count(of: envelope.count)).map { index in
            let chunk = UploadChunk(
                location: Location(.zero), object: .zero, size: envelope.count, index: index,
                bytes: Chunks.range(index, of: envelope.count))
            return WorkBudget.cost(of: .deposit(chunk), envelope.span.bytes)
        }.reduce(0, +)
    }

    /// Each key of the mailbox's policy is tried, and 75 µs is what one takes.
    @Test func aSignedDepositPaysForItsSignature() {
        #expect(costOfDeposit(isSigned: true) - costOfDeposit(isSigned: false) == 75 * Limits.deliveryKeysPerPolicy)
    }

    /// The chunk's bytes needn't be where it says.
    @Test func aDepositWithoutItsBytesIsNoTrap() {
        let chunk = UploadChunk(
            location: Location(.zero), object: .zero, size: 2_048, index: 0, bytes: ByteRange(offset: 900, count: 896))
        #expect(WorkBudget.cost(of: .deposit(chunk), [UInt8](repeating: 1, count: 3).span.bytes) > 0)
    }

    /// What is charged afterwards counts as well.
    @Test func whoBringsWhatCannotBeOpenedIsRefusedInTheEnd() {
        var budget = WorkBudget()
        let now = Instant(sinceOrigin: .seconds(100))
        var served = 0
        while served < 10_000, budget.pays(1, by: account, at: now) {
            served += 1
            budget.charge(WorkBudget.unopened, to: account, at: now)
        }
        let most = (Limits.workGuaranteed + Limits.workPerAccount) / WorkBudget.unopened
        #expect((most / 2...most).contains(served), "\(served)")
        let other = Account.block(of: Endpoint(ipv4: 0x0909_0909, port: 1))
        let (isOtherServed, isServedLater) = (
            budget.pays(1, by: other, at: now), budget.pays(1, by: account, at: now + Limits.workPeriod)
        )
        #expect(isOtherServed && isServedLater)
    }

    /// Anybody can send the first datagram of a handshake, from anywhere: that leaves room for what nodes state that are where they say.
    @Test func unprovenHandshakesDoNotFillTheListOfSecondEndpoints() {
        var alternates = Alternates()
        func add(_ number: UInt64, isProven: Bool) {
            let id = NodeID(Bytes32(words: (number, 0, 0, 0)))
            alternates.add(
                id, PublicKey(id.bytes), at: Endpoint(high: 0x2a02_0000_0000_0000, low: number, port: 1),
                from: Endpoint(ipv4: 0x0808_0808, port: 1), isProven: isProven, now: .origin)
        }
        for number in 0..<2_000 as Range<UInt64> { add(number, isProven: false) }
        #expect(alternates.waiting.count == Limits.alternates / 2)
        // What was stated before proof counts as stated once there is one.
        for number in 0..<10 as Range<UInt64> { add(number, isProven: true) }
        for number in 3_000..<3_010 as Range<UInt64> { add(number, isProven: false) }
        #expect(alternates.waiting.count == Limits.alternates / 2 + 10)
        for number in 5_000..<7_000 as Range<UInt64> { add(number, isProven: true) }
        #expect(alternates.waiting.count == Limits.alternates)
        #expect(alternates.waiting.contains { $0.statement.node == NodeID(Bytes32(words: (5_100, 0, 0, 0))) })
    }

    /// Many nodes of one block may be silent, which takes a confirmation some seconds.
    @Test func oneAddressBlockCannotTakeAllConfirmations() {
        var newcomers = Newcomers()
        func begins(_ number: UInt64, of block: UInt32) -> Bool {
            newcomers.begin(
                NodeID(Bytes32(words: (number, 0, 0, 0))), at: Endpoint(ipv4: 0x0808_0000 | block << 8, port: 1),
                now: .origin)
        }
        #expect((0..<50 as Range<UInt64>).count { begins($0, of: 1) } == Limits.confirmationsOfBlock)
        #expect(begins(99, of: 2))
    }
}
