import Basics
import Mailboxes
import NodeCore
import Storage
import Testing
import Wire

/// Who hears at once that an envelope was collected, and how much of that is remembered.
@Suite struct DepositorsTests {
    private var depositors = Depositors()

    private static func bytes(_ number: Int) -> Bytes32 { Bytes32(words: (UInt64(number), 1, 2, 3)) }
    private static func envelope(_ number: Int) -> EnvelopeID { EnvelopeID(bytes(number)) }
    private static let mailbox = MailboxID(bytes(1))

    private mutating func bring(_ number: Int, by client: Int = 1, isProven: Bool = true) {
        let endpoint = Endpoint(ipv4: 0x2d00_0001, port: 7_337)
        let source = Source(session: UInt64(client), endpoint: endpoint, isProven: isProven)
        depositors.observeKept(
            Self.envelope(number), in: Self.mailbox, broughtBy: NodeID(Self.bytes(client)), source)
    }

    private mutating func discard(_ numbers: [Int], ticket: UInt64 = 1, isDurable: Bool = true) {
        depositors.observeDiscard(numbers.map(Self.envelope), in: Self.mailbox, Ticket(number: ticket))
        depositors.observeCommit(through: Ticket(number: ticket), isDurable: isDurable)
    }

    /// What somebody is told of.
    private struct Told: Equatable {
        let client: NodeID
        let envelopes: [EnvelopeID]
    }

    private mutating func told() -> [Told] {
        var told: [Told] = []
        while let next = depositors.next() {
            #expect(next.mailbox == Self.mailbox)
            told.append(Told(client: next.client, envelopes: next.envelopes))
        }
        return told
    }

    private static func collected(_ numbers: [Int], by client: Int = 1) -> Told {
        Told(client: NodeID(bytes(client)), envelopes: numbers.map(envelope))
    }

    @Test mutating func whoHasBroughtItIsToldOnceAndNobodyElse() {
        bring(1)
        bring(2, by: 2)
        bring(2, by: 2)
        discard([1])
        #expect(told() == [Self.collected([1])])
        discard([1, 2], ticket: 2)
        #expect(told() == [Self.collected([2], by: 2)])
        #expect(told().isEmpty)
    }

    /// A tombstone that isn't on the disk may be lost: nobody is told of it.
    @Test mutating func onlyWhatIsDurableIsTold() {
        bring(1)
        depositors.observeDiscard([Self.envelope(1)], in: Self.mailbox, Ticket(number: 5))
        depositors.observeCommit(through: Ticket(number: 4), isDurable: true)
        #expect(told().isEmpty)
        depositors.observeCommit(through: Ticket(number: 5), isDurable: false)
        #expect(told().isEmpty)
        discard([1], ticket: 6)
        #expect(told() == [Self.collected([1])])
    }

    @Test mutating func itEndsWithTheSession() {
        bring(1)
        bring(2)
        discard([1])
        depositors.forget(session: 1)
        discard([2], ticket: 2)
        #expect(told().isEmpty)
    }

    @Test mutating func anAddressWithoutProofIsNotRemembered() {
        bring(1, isProven: false)
        discard([1])
        #expect(told().isEmpty)
    }

    /// As many as a discard names are told at once.
    @Test mutating func manyAreToldByAsManyAsThereIsRoomFor() {
        for number in 0..<20 { bring(number) }
        discard(Array(0..<20))
        #expect(told().map(\.envelopes.count) == [8, 8, 4])
    }

    @Test mutating func littleIsRemembered() {
        let most = Limits.depositsRememberedPerSession
        for number in 0...most { bring(number) }
        discard(Array(0...most))
        #expect(told().flatMap(\.envelopes) == (1...most).map(Self.envelope), "the oldest of the session is forgotten")
        for client in 0...Limits.depositsRemembered { bring(client, by: 2 + client) }
        discard(Array(0...Limits.depositsRemembered), ticket: 2)
        #expect(told().count == Limits.depositsRemembered)
    }
}
