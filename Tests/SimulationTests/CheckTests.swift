import Basics
import Cryptography
import PeerCore
import Simulation
import Storage
import Testing

/// Each checker finds what it is there for, and nothing else.
@Suite struct CheckTests {
    private let alice = PeerID(Bytes32(words: (1, 2, 3, 4)))
    private let bob = PeerID(Bytes32(words: (5, 6, 7, 8)))
    private let sender = HostID(index: 1)
    private let recipient = HostID(index: 2)
    private let id = MessageID(7)
    private let now = UnixTime(seconds: 1_790_000_000)

    private func sent(_ state: MessageState, buddies: Int = 0, of found: Int = 0, text: String = "hello") -> SentMessage
    {
        SentMessage(
            id: id, to: bob, state: state, via: nil, buddies: buddies, of: found, reason: nil, acceptedAt: now,
            expiresAt: now, text: text)
    }

    private func incoming(
        _ id: MessageID, lamport: UInt64, arrival: UInt64, text: String = "hello"
    ) -> IncomingMessage {
        IncomingMessage(
            id: id, from: alice, text: text, sentAt: now, receivedAt: now, via: .direct, isRead: false,
            lamport: lamport,
            arrival: arrival, unknownKind: nil)
    }

    /// The disks once the sender's says so, and the recipient's has it.
    private func disks(_ state: MessageState, isReceived: Bool = false, isRead: Bool = false) -> PersonDisks {
        var disks = PersonDisks()
        let entry: [UInt8] = [6, 0, 0, 0, 1, state.rawValue]
        disks.commit(
            [
                StoreWrite(.outbox, [UInt8(ascii: "c")] + id.array, [1]),
                StoreWrite(.outbox, [UInt8(ascii: "m")] + id.array, entry),
                StoreWrite(.outbox, [UInt8(ascii: "e")] + id.array, [2]),
            ], of: alice, at: .origin)
        guard isReceived else { return disks }
        let place = [UInt8(ascii: "u")] + UInt64(1).bigEndianBytes + alice.bytes.array + id.array
        disks.commit(
            [StoreWrite(.inbox, [UInt8(ascii: "i")] + id.array + alice.bytes.array, [0])]
                + (isRead ? [StoreWrite(.inbox, place, nil)] : []), of: bob, at: .origin)
        return disks
    }

    private func states(accepted: Bool = true) -> StateCheck {
        var check = StateCheck(toleratesLies: false)
        check.write(id, "hello", by: sender, from: alice, to: bob)
        if accepted { check.accepted(id, at: sender, now, disks(.queued)) }
        return check
    }

    @Test func anAcceptedMessageIsOnItsSendersDisk() {
        var check = states(accepted: false)
        check.accepted(id, at: sender, now, PersonDisks())
        #expect(check.findings.count == 1)
        #expect(states().findings.count == 0)
    }

    /// What is told, the disks then, how many disks have the envelope, and whether that is true.
    static let told: [(MessageState, buddies: Int, copies: Int, isReceived: Bool, isRead: Bool, isTrue: Bool)] = [
        (.stored, 3, 3, false, false, true), (.stored, 4, 3, false, false, false), (.stored, 2, 5, false, false, false),
        (.collected, 0, 0, true, false, true), (.collected, 0, 9, false, false, false),
        (.delivered, 0, 0, true, false, true), (.delivered, 0, 9, false, false, false),
        (.read, 0, 0, true, true, true), (.read, 0, 0, true, false, false), (.failed, 0, 0, false, false, false),
    ]

    @Test(arguments: told.indices)
    func whatASenderIsToldIsTrue(index: Int) {
        let (state, buddies, copies, isReceived, isRead, isTrue) = CheckTests.told[index]
        var check = states()
        check.told(
            sent(state, buddies: buddies, of: 5), at: sender, now,
            disks(state, isReceived: isReceived, isRead: isRead)
        ) { _ in copies }
        #expect(check.findings.violations.isEmpty == isTrue, "\(check.findings.violations)")
    }

    @Test func aStateIsToldOnceItIsDurable() {
        var check = states()
        check.told(sent(.delivered), at: sender, now, disks(.stored, isReceived: true)) { _ in 0 }
        #expect(check.findings.count == 1)
    }

    @Test func nothingToldIsTakenBack() {
        var check = states()
        check.told(sent(.delivered), at: sender, now, disks(.delivered, isReceived: true)) { _ in 0 }
        check.told(sent(.stored, buddies: 3, of: 5), at: sender, now, disks(.stored, isReceived: true)) { _ in 3 }
        #expect(check.findings.count == 1)
        check.compare([sent(.queued)], at: sender)
        #expect(check.findings.count == 2)
        check.compare([], at: sender)
        #expect(check.findings.count == 3)
        check.exempt(sender)
        check.compare([], at: sender)
        #expect(check.findings.count == 3)
    }

    @Test func itFailsWhenItsTimeIsOverOrItIsCancelled() {
        for (days, isCancelled, isTrue) in [(1, false, false), (1, true, true), (17, false, true)] {
            var check = states()
            if isCancelled { check.cancel(id) }
            check.told(sent(.failed), at: sender, now.advanced(bySeconds: Int64(days) * 86_400), disks(.failed)) { _ in
                0
            }
            #expect(check.findings.violations.isEmpty == isTrue)
        }
    }

    @Test func anotherTextIsFound() {
        var check = states()
        check.told(sent(.stored, buddies: 3, of: 5, text: "bye"), at: sender, now, disks(.stored)) { _ in 3 }
        #expect(check.findings.count == 1)
    }

    // MARK: Conversations

    private func conversation(of count: UInt64, slowestCommit: Duration = .zero) -> ConversationCheck {
        var check = ConversationCheck(clocksAreRight: true, slowestCommit: slowestCommit)
        for number in 0..<count {
            check.write(MessageID(UInt128(number)), "hello", from: alice, to: bob)
            check.accepted(MessageID(UInt128(number)))
        }
        return check
    }

    private func received(_ ids: [UInt64], at instant: Instant = .origin) -> PersonDisks {
        var disks = PersonDisks()
        for id in ids {
            let key = [UInt8(ascii: "i")] + MessageID(UInt128(id)).array + alice.bytes.array
            disks.commit([StoreWrite(.inbox, key, [0])], of: bob, at: instant)
        }
        return disks
    }

    /// Messages 0 and 1 are shown with these numbers after so many seconds; how many things are wrong.
    static let shown: [(ids: [UInt64], lamports: [UInt64], arrivals: [UInt64], after: Int64, wrong: Int)] = [
        ([0, 1], [1, 2], [1, 2], 0, 0),
        ([0, 1], [2, 2], [1, 2], 0, 1),
        ([0, 1], [2, 1], [1, 2], 0, 1),
        ([0, 1], [1, 2], [2, 2], 0, 1),
        ([1, 0], [2, 1], [1, 2], 0, 1),
        ([1, 0], [2, 1], [1, 2], 31, 0),
        ([1, 0], [1, 2], [1, 2], 31, 1),
        ([5], [1], [1], 0, 1),
    ]

    @Test(arguments: shown.indices)
    func messagesComeInTheOrderInWhichTheyWereWritten(index: Int) {
        let (ids, lamports, arrivals, after, wrong) = CheckTests.shown[index]
        var check = conversation(of: 2)
        for (place, id) in ids.enumerated() {
            check.received(
                incoming(MessageID(UInt128(id)), lamport: lamports[place], arrival: arrivals[place]), by: bob,
                at: recipient, .origin + .seconds(after), received(Array(ids[...place])))
        }
        #expect(check.findings.count == wrong, "\(check.findings.violations)")
    }

    @Test(arguments: [(28, 0), (26, 1)]) func aSlowDiskShortensNoWithholding(after: Int64, wrong: Int) {
        var check = conversation(of: 2, slowestCommit: .seconds(1))
        let message = incoming(MessageID(1), lamport: 2, arrival: 1)
        check.received(message, by: bob, at: recipient, .origin + .seconds(after), received([1]))
        #expect(check.findings.count == wrong)
    }

    @Test func anAnswerComesAfterWhatItsWriterHadBeenShown() {
        var check = conversation(of: 1)
        check.received(incoming(MessageID(0), lamport: 5, arrival: 1), by: bob, at: recipient, .origin, received([0]))
        check.write(MessageID(9), "answer", from: bob, to: alice)
        check.accepted(MessageID(9))
        var disks = PersonDisks()
        let key = [UInt8(ascii: "i")] + MessageID(9).array + bob.bytes.array
        disks.commit([StoreWrite(.inbox, key, [0])], of: alice, at: .origin)
        let answer = IncomingMessage(
            id: MessageID(9), from: bob, text: "answer", sentAt: now, receivedAt: now, via: .direct, isRead: false,
            lamport: 5, arrival: 1, unknownKind: nil)
        check.received(answer, by: alice, at: sender, .origin, disks)
        #expect(check.findings.count == 1)
    }

    @Test func whatWasShownStaysAsItWas() {
        var check = conversation(of: 2)
        let messages = [
            incoming(MessageID(0), lamport: 1, arrival: 1), incoming(MessageID(1), lamport: 2, arrival: 2),
        ]
        for message in messages { check.received(message, by: bob, at: recipient, .origin, received([0, 1])) }
        #expect(check.problems(of: messages, at: recipient).isEmpty)
        #expect(check.problems(of: messages.reversed(), at: recipient).count == 1)
        #expect(check.problems(of: Array(messages.prefix(1)), at: recipient).count == 1)
        let other = [messages[0], incoming(MessageID(1), lamport: 2, arrival: 2, text: "bye")]
        #expect(check.problems(of: other, at: recipient).count == 1)
    }

    // MARK: Nonces

    private func datagram(counter: UInt64, index: UInt32 = 5) -> [UInt8] {
        [3] + index.bigEndianBytes + counter.bigEndianBytes + [UInt8](repeating: 0, count: 40)
    }

    @Test func aCounterComesOnce() {
        var (check, counters) = (NonceCheck(), [HostID: SessionCounters]())
        func send(_ bytes: [UInt8], by host: HostID, to receiver: HostID) {
            CheckTests.send(bytes, by: host, to: receiver, &counters, &check)
        }
        send(datagram(counter: 1), by: sender, to: recipient)
        send(datagram(counter: 2), by: sender, to: recipient)
        // Another session, another machine, another direction: other keys.
        send(datagram(counter: 1, index: 6), by: sender, to: recipient)
        send(datagram(counter: 1), by: sender, to: HostID(index: 3))
        send(datagram(counter: 1), by: recipient, to: sender)
        #expect(check.findings.count == 0)
        send(datagram(counter: 2), by: sender, to: recipient)
        #expect(check.findings.count == 1)
        // A handshake makes new keys under the old names, once.
        let response = [2] + UInt32(5).bigEndianBytes + UInt32(7).bigEndianBytes + [UInt8](repeating: 1, count: 100)
        send(response, by: recipient, to: sender)
        send(datagram(counter: 0), by: sender, to: recipient)
        #expect(check.findings.count == 1)
        send(response, by: recipient, to: sender)
        send(datagram(counter: 0), by: sender, to: recipient)
        #expect(check.findings.count == 2)
    }

    @Test func anEphemeralKeyComesInOneHandshake() {
        var (check, counters) = (NonceCheck(), [HostID: SessionCounters]())
        var first = [UInt8](repeating: 9, count: Limits.datagramSize)
        first[0] = 1
        CheckTests.send(first, by: sender, to: recipient, &counters, &check)
        // Repeated with a cookie it is the same handshake.
        first[10] = 1
        CheckTests.send(first, by: sender, to: recipient, &counters, &check)
        #expect(check.findings.count == 0)
        first[100] = 1
        CheckTests.send(first, by: sender, to: recipient, &counters, &check)
        #expect(check.findings.count == 1)
    }

    /// A datagram as the simulator sees it.
    private static func send(
        _ bytes: [UInt8], by host: HostID, to receiver: HostID, _ counters: inout [HostID: SessionCounters],
        _ check: inout NonceCheck
    ) {
        var facts: [NonceFact] = []
        bytes.withUnsafeBytes {
            NonceCheck.inspect($0, by: host, to: receiver, &counters[host, default: SessionCounters(of: host)]) {
                facts.append($0)
            }
        }
        for fact in facts {
            switch fact {
            case .seal(let seal): check.see(seal, by: host)
            case .newKey(let sender, let name, let mark):
                counters[sender, default: SessionCounters(of: sender)].addKey(name, mark: mark)
            case .counted(let counter, let last): check.counted(counter, after: last, by: host)
            }
        }
    }
}

extension CheckTests {
    // MARK: Disks, tables and owners

    @Test func noEnvelopeLiesBesideItsTombstone() {
        let item = [UInt8](repeating: 4, count: 64)
        let (envelope, tombstone) = (StoreWrite(.envelopes, item, [1]), StoreWrite(.tombstones, item, [2]))
        for (batches, wrong) in [
            ([[envelope], [StoreWrite(.envelopes, item, nil), tombstone]], 0),
            ([[envelope], [tombstone]], 1),
            ([[tombstone], [envelope]], 1),
            ([[envelope, StoreWrite(.envelopes, item, nil), tombstone]], 0),
        ] {
            var check = MailboxCheck()
            let disk = MemoryStore()
            for batch in batches {
                check.commit(batch, on: disk, at: HostID(index: 1))
                disk.commit(batch)
            }
            #expect(check.findings.count == wrong)
        }
    }

    @Test func aMailboxHoldsNoMoreThanItMay() {
        var check = MailboxCheck()
        let (disk, host) = (MemoryStore(), HostID(index: 1))
        func item(_ number: Int) -> [UInt8] {
            [UInt8](repeating: 4, count: 32) + Bytes32(words: (0, 0, 0, UInt64(number))).array
        }
        func bring(_ number: Int) {
            let batch = [StoreWrite(.envelopes, item(number), [1])]
            check.commit(batch, on: disk, at: host)
            disk.commit(batch)
        }
        for number in 0..<Limits.envelopesPerMailbox { bring(number) }
        bring(0)
        #expect(check.findings.count == 0)
        // One gives way to another in one batch, whichever is written first.
        let (old, new) = (item(0), item(Limits.envelopesPerMailbox))
        check.commit([StoreWrite(.envelopes, old, nil), StoreWrite(.envelopes, new, [1])], on: disk, at: host)
        check.commit([StoreWrite(.envelopes, new, [1]), StoreWrite(.envelopes, old, nil)], on: disk, at: host)
        #expect(check.findings.count == 0)
        bring(Limits.envelopesPerMailbox)
        #expect(check.findings.count == 1)
        check.loseDisk(of: host)
        bring(0)
        #expect(check.findings.count == 1)
    }

    /// A table as those of the cores, in a type of a name that has a bound, and in one that has none.
    private struct RecordCache { var entries: [Int] }
    private struct Other { var caches: [RecordCache] }
    private struct Core {
        var held: Other?
        var all: [String: [Int]]
    }

    @Test func tablesAreFoundWhereverTheyAre() {
        func found(_ count: Int, _ others: Int) -> Int {
            var check = BoundsCheck()
            let core = Core(
                held: Other(caches: [RecordCache(entries: Array(0..<count))]), all: ["one": Array(0..<others)])
            check.inspect(core, of: "It")
            return check.findings.count
        }
        #expect(found(Limits.cachedRecords, 20_000) == 0)
        #expect(found(Limits.cachedRecords + 1, 20_000) == 1)
        #expect(found(1, 20_001) == 1)
    }

    /// On two machines a message may be shown twice, on each once.
    @Test func eachOfTwoCopiesShowsAMessageOnce() {
        func violations(_ shown: [HostID?]) -> Int {
            var ledger = MessageLedger()
            ledger.submit(id, from: sender, to: recipient)
            ledger.accept(id, at: .origin) { _ in true }
            ledger.recordCopied(recipient, at: .origin)
            #expect(ledger.pending == 0)
            for copy in shown { ledger.receive(incoming(id, lamport: 1, arrival: 1), at: recipient, by: copy, .origin) }
            #expect(ledger.delivered == 1 && ledger.pending == 0)
            return ledger.violations.count
        }
        let (copy, another) = (HostID(index: 3), HostID(index: 4))
        #expect(violations([nil, copy]) == 0 && violations([copy, nil]) == 0)
        #expect(violations([copy, another, nil]) == 0)
        #expect(violations([nil, nil]) == 1 && violations([copy, copy]) == 1)
    }

    @Test func anIdleNetworkHasABudget() {
        var scenario = Scenario()
        for (nodes, most) in [(40, 22.6), (200, 53), (1_000, 64)] {
            scenario.nodes = nodes
            #expect(IdleBudget.violations(of: most, in: scenario).isEmpty)
            #expect(IdleBudget.violations(of: most + 1, in: scenario).count == 1)
        }
        scenario.settling = .seconds(60)
        #expect(IdleBudget.violations(of: 65, in: scenario).isEmpty)
    }

    @Test func mailMovesAtOnce() {
        var check = PromptCheck()
        func look(after seconds: Int64, upFor: Int64?) -> Int {
            let now = Instant.origin + .seconds(seconds)
            check.look(now: now) { _ in upFor.map { Instant.origin + .seconds(seconds - $0) } }
            return check.findings.count
        }
        check.accepted(MessageID(1), from: HostID(index: 1), to: HostID(index: 2), at: .origin)
        #expect(look(after: 120, upFor: 1_000) == 0)
        #expect(look(after: 1_000, upFor: nil) == 0)
        check.stored(MessageID(1), at: .origin + .seconds(1_000))
        #expect(look(after: 1_180, upFor: 2_000) == 0)
        #expect(look(after: 3_000, upFor: 180) == 0)
        #expect(look(after: 3_000, upFor: 181) == 1)
        check.accepted(MessageID(2), from: HostID(index: 1), to: HostID(index: 2), at: .origin)
        check.ended(MessageID(2))
        #expect(look(after: 9_000, upFor: 9_000) == 1)
    }

    /// What is told of people who leave: some of them did, their mail is counted by itself, and all else has arrived.
    @Test func leaversMailIsCountedByItself() {
        let scenario = SimulatorStories.small {
            ($0.leavers, $0.seed, $0.churn) = (0.5, 9, Churn(halfLife: .seconds(900)))
        }
        let summary = SimulatorStories.run(scenario)
        #expect(summary.violations.isEmpty && summary.unfinished.isEmpty, "\(summary.violations)")
        let (all, leavers) = (summary.messages, summary.messages.leavers)
        #expect((1...40).contains(leavers.accepted) && leavers.delivered <= leavers.accepted)
        #expect(all.delivered == all.accepted - (leavers.accepted - leavers.delivered))
        #expect(all.lost == 0 && all.pending == 0)
        print("of \(leavers.accepted) messages of leavers \(leavers.delivered) delivered")
    }
}
