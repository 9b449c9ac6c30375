import Basics
import Mailboxes
import NodeCore
import Storage
import Testing
import Wire

/// Who is told what has come into a mailbox, and how often.
@Suite struct SubscriptionsTests {
    private var subscriptions = Subscriptions()
    private let start = Instant.origin + .seconds(100)

    private static func bytes(_ number: Int) -> Bytes32 { Bytes32(words: (UInt64(number), 1, 2, 3)) }
    private static func client(_ number: Int) -> NodeID { NodeID(bytes(number)) }
    private static func mailbox(_ number: Int) -> MailboxID { MailboxID(bytes(number)) }
    private static func entry(_ number: Int) -> MailboxEntry {
        MailboxEntry(envelope: EnvelopeID(bytes(number)), size: 2_048)
    }
    /// A session of a client in a block of addresses.
    private static func source(session: Int, block: Int = 0) -> Source {
        Source(
            session: UInt64(session), endpoint: Endpoint(ipv4: 0x2d00_0001 + UInt32(block) << 8, port: 7_337),
            isProven: true)
    }

    private mutating func subscribe(
        _ client: Int, to mailbox: Int = 1, block: Int = 0, seconds: UInt32 = 600, silence: UInt32 = 0
    ) -> UInt32? {
        subscriptions.subscribe(
            Self.client(client), to: Self.mailbox(mailbox), from: Self.source(session: client, block: block),
            seconds: seconds, silence: silence, now: start)
    }

    private mutating func keep(_ numbers: ClosedRange<Int>, in mailbox: Int = 1, isDurable: Bool = true) {
        for number in numbers {
            subscriptions.observeKept(Self.entry(number), in: Self.mailbox(mailbox), Ticket(number: UInt64(number)))
        }
        subscriptions.observeCommit(through: Ticket(number: UInt64(numbers.upperBound)), isDurable: isDurable)
    }

    /// What is told now, and noticed.
    private mutating func told(at instant: Instant) -> [[MailboxEntry]] {
        var told: [[MailboxEntry]] = []
        while let next = subscriptions.next(now: instant) {
            told.append(next.entries)
            guard case .client(let client) = next.subscriber else { continue }
            subscriptions.observe(.noticed, by: client, of: next.mailbox, now: instant)
        }
        return told
    }

    private mutating func observe(_ outcome: Subscriptions.Outcome, by client: Int = 1) {
        subscriptions.observe(outcome, by: Self.client(client), of: Self.mailbox(1), now: start)
    }

    /// Somebody out of reach for some seconds misses nothing.
    @Test mutating func whoDoesNotAnswerIsToldAgainOnceTheyAskAgain() {
        _ = subscribe(1)
        keep(1...1)
        #expect(subscriptions.next(now: start)?.entries == [Self.entry(1)])
        keep(2...2)
        #expect(subscriptions.next(now: start + .seconds(1)) == nil, "the first is under way")
        observe(.unanswered)
        keep(3...3)
        #expect(subscriptions.next(now: start + .seconds(60)) == nil && subscriptions.nextDue == nil)
        _ = subscribe(1)
        #expect(told(at: start) == [(1...3).map(Self.entry)])
        keep(4...4)
        #expect(told(at: start + .seconds(1)) == [[Self.entry(4)]])
    }

    @Test mutating func whoAsksForSilenceIsToldOfItOnce() {
        _ = subscribe(1, silence: 40)
        #expect(subscriptions.nextDue == start + .seconds(40) && told(at: start + .seconds(39)).isEmpty)
        #expect(told(at: start + .seconds(40)) == [[]])
        #expect(told(at: start + .seconds(100)).isEmpty && subscriptions.nextDue == nil)
        _ = subscribe(1, silence: 40)
        keep(1...1)
        #expect(told(at: start + .seconds(101)) == [[Self.entry(1)]])
        #expect(told(at: start + .seconds(200)).isEmpty, "something has come before")
        _ = subscribe(1, silence: 40)
        _ = subscribe(1)
        #expect(told(at: start + .seconds(300)).isEmpty, "it was asked for no longer")
    }

    /// The answer to an announcement of nothing isn't taken for that to another.
    @Test mutating func whatComesWhileNothingIsAnnouncedWaitsForTheAnswer() {
        _ = subscribe(1, silence: 40)
        let now = start + .seconds(40)
        #expect(subscriptions.next(now: now)?.entries == [])
        keep(1...1)
        #expect(subscriptions.next(now: now + .seconds(1)) == nil, "one is under way")
        observe(.noticed)
        #expect(subscriptions.next(now: now + .seconds(1))?.entries == [Self.entry(1)])
        observe(.unanswered)
        _ = subscribe(1)
        #expect(told(at: now + .seconds(2)) == [[Self.entry(1)]])
    }

    /// The answer may be on its way while the client asks to go on.
    @Test mutating func whoAsksAgainBeforeTheAnnouncementIsGivenUpIsToldAtOnce() {
        _ = subscribe(1)
        keep(1...1)
        _ = subscriptions.next(now: start)
        _ = subscribe(1)
        observe(.unanswered)
        #expect(told(at: start + .seconds(1)) == [[Self.entry(1)]])
    }

    /// Clients that have something announced to them all the time leave the others their turn.
    @Test mutating func eachHasItsTurn() {
        for client in 0..<40 { _ = subscribe(client, block: client / 20) }
        keep(1...1)
        var told: Set<Subscriptions.Subscriber> = []
        for number in 2...80 {
            guard let next = subscriptions.next(now: start + .seconds(Int64(number))),
                case .client(let client) = next.subscriber
            else { continue }
            told.insert(next.subscriber)
            subscriptions.observe(.noticed, by: client, of: next.mailbox, now: start)
            keep(number...number)
        }
        #expect(told.count == 40)
    }

    @Test mutating func whatCouldNotBeSentIsTriedAgain() {
        _ = subscribe(1)
        keep(1...1)
        _ = subscriptions.next(now: start)
        observe(.unsent)
        #expect(subscriptions.nextDue == start + Limits.announcementPause)
        #expect(told(at: start + Limits.announcementPause) == [[Self.entry(1)]])
    }

    @Test mutating func silentClientsHoldUpABoundedPartOfTheNode() {
        for client in 0..<100 { _ = subscribe(client, block: client / 20) }
        subscriptions.subscribePerson(to: [Self.mailbox(1)])
        keep(1...1)
        var clients = 0
        while let next = subscriptions.next(now: start) { clients += next.subscriber == .person ? 0 : 1 }
        #expect(clients == Limits.announcementsUnderWay)
        #expect(subscriptions.nextDue == nil)
        observe(.noticed, by: 0)
        #expect(subscriptions.next(now: start)?.subscriber == .client(Self.client(clients)))
    }

    @Test mutating func theTimeIsBoundedAndEnds() {
        #expect(subscribe(1, seconds: .max) == Limits.subscriptionSecondsGranted)
        #expect(subscribe(1, seconds: 10) == 10)
        keep(1...1)
        #expect(told(at: start + .seconds(10)).isEmpty, "it is over")
        #expect(subscribe(2) == 600)
        #expect(subscribe(2, seconds: 0) == 0)
        keep(2...2)
        #expect(told(at: start).isEmpty, "it was ended")
    }

    @Test mutating func blocksAndAllTogetherHaveBounds() {
        var granted = 0
        for client in 0..<400 where subscribe(client, block: client / 40) != nil { granted += 1 }
        #expect(granted == Limits.subscriptions)
        #expect(subscribe(39) == nil, "its block has its share")
        #expect(subscribe(1) == 600, "it has one already")
    }

    @Test mutating func aThirdMailboxTakesThePlaceOfTheFirst() {
        for mailbox in 1...3 { #expect(subscribe(1, to: mailbox) == 600) }
        keep(1...1, in: 1)
        keep(2...2, in: 2)
        keep(3...3, in: 3)
        #expect(told(at: start) == [[Self.entry(2)], [Self.entry(3)]])
    }

    @Test mutating func whatIsLostIsNotTold() {
        _ = subscribe(1)
        keep(1...3, isDurable: false)
        #expect(told(at: start).isEmpty && subscriptions.nextDue == nil)
        subscriptions.observeKept(Self.entry(4), in: Self.mailbox(1), Ticket(number: 4))
        #expect(told(at: start).isEmpty, "it isn't durable yet")
        subscriptions.observeCommit(through: Ticket(number: 4), isDurable: true)
        #expect(told(at: start) == [[Self.entry(4)]])
    }

    @Test mutating func whatComesSoonAfterwardsGathersAsFarAsThereIsRoom() {
        _ = subscribe(1)
        keep(1...1)
        #expect(told(at: start).count == 1)
        keep(2...40)
        let later = start + Limits.announcementInterval
        #expect(told(at: start + .milliseconds(99)).isEmpty)
        #expect(subscriptions.nextDue == later)
        #expect(told(at: later) == [(2..<2 + Limits.entriesPerPage).map(Self.entry)])
    }

    @Test mutating func sessionsAndClientsThatEndAreToldNoMore() {
        for client in 1...3 { _ = subscribe(client) }
        subscriptions.forget(session: 1)
        subscriptions.end(of: Self.client(2))
        keep(1...1)
        #expect(told(at: start).count == 1)
    }

    @Test mutating func thePersonIsToldAsWell() {
        subscriptions.subscribePerson(to: [Self.mailbox(1)])
        keep(1...1)
        #expect(subscriptions.next(now: start)?.subscriber == .person)
        subscriptions.subscribePerson(to: [])
        keep(2...2)
        #expect(told(at: start + .seconds(1)).isEmpty)
    }
}
