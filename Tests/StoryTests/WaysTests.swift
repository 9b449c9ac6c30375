import Basics
import Exchange
import NodeCore
import Sessions
import Testing
import Wire

/// A node's part in opening ways: what it says hello to, how often, and what it passes on.
@Suite struct WaysTests {
    private let key = PublicKey(Bytes32(words: (1, 2, 3, 4)))
    private let command = CommandID(number: 1)
    private let here = Endpoint(ipv4: 0xcb00_7101, port: 7_337)
    private let there = Endpoint(ipv4: 0xc633_6401, port: 7_337)

    /// Something that expectations may change.
    private final class Box<Value> {
        private var value: Value
        init(_ value: Value) { self.value = value }
        func callAsFunction<Result>(_ body: (inout Value) -> Result) -> Result { body(&value) }
    }

    private func at(_ seconds: Double) -> Instant { .origin + .milliseconds(Int64(seconds * 1_000)) }

    private func answer(from key: PublicKey, nonce: UInt64 = 7) -> HelloAnswer {
        HelloAnswer(nonce: nonce, key: key, mode: .client, observed: here)
    }

    /// All hellos until a time, with the times at which they go, and when the way was closed.
    private func play(_ ways: Box<Ways>, from start: Instant, until end: Instant) -> (
        hellos: [(at: Instant, to: Endpoint)], closedAt: Instant?
    ) {
        var (now, hellos) = (start, [(at: Instant, to: Endpoint)]())
        while now <= end {
            while let step = ways({ $0.next(now: now) }) {
                switch step {
                case .hello(7, let endpoint): hellos.append((now, endpoint))
                case .hello: Issue.record("another number")
                case .closed(let closed):
                    #expect(closed == command)
                    return (hellos, now)
                }
            }
            guard let next = ways({ $0.nextDue }) else { break }
            #expect(next > now, "it keeps ringing")
            now = max(next, now)
        }
        return (hellos, nil)
    }

    @Test func sixHellosThenSilence() {
        let ways = Box(Ways())
        #expect(ways({ $0.begin(command, to: key, at: [there, here], attested: there, nonce: 7, now: at(0)) }))
        let (hellos, closedAt) = play(ways, from: at(0), until: at(60))
        #expect(hellos.filter { $0.to == there }.map(\.at) == Limits.wayHellos.map { at(0) + $0 })
        #expect(hellos.count == 12 && closedAt == at(4.1))
        #expect(ways({ $0.nextDue }) == nil)
    }

    @Test func onlyTheKeyOpensAWay() {
        let ways = Box(Ways())
        _ = ways({ $0.begin(command, to: key, at: [there], attested: there, nonce: 7, now: at(0)) })
        #expect(ways({ $0.observe(answer(from: PublicKey(.zero)), from: there, now: at(0.1)) }) == .none)
        #expect(ways({ $0.observe(answer(from: key, nonce: 8), from: there, now: at(0.1)) }) == .none)
        let opened = ways({ $0.observe(answer(from: key), from: there, now: at(0.1)) })
        #expect(opened == .opened(command, Contact(id: key.nodeID, key: key, endpoint: there)))
        #expect(ways({ $0.observe(answer(from: key), from: here, now: at(0.2)) }) == .known, "the first counts")
        let near = Contact(id: key.nodeID, key: key, endpoint: Endpoint(ipv4: 0xc0a8_0102, port: 7_337))
        let shorter = ways({ $0.observe(answer(from: key), from: near.ipv4 ?? here, now: at(0.2)) })
        #expect(shorter == .opened(command, near), "the same household")
    }

    /// As behind a NAT that takes another port for each destination.
    @Test func aHelloFromElsewhereIsAnsweredThere() {
        let ways = Box(Ways())
        _ = ways({ $0.begin(command, to: key, at: [there], attested: there, nonce: 7, now: at(0)) })
        _ = play(ways, from: at(0), until: at(0))
        #expect(!ways({ $0.observeHello(8, from: here, now: at(0.05)) }))
        #expect(ways({ $0.observeHello(7, from: here, now: at(0.05)) }))
        #expect(ways({ $0.next(now: at(0.05)) }) == .hello(nonce: 7, here))
        #expect(ways({ $0.next(now: at(0.05)) }) == nil)
        for port in 1...20 as ClosedRange<UInt16> {
            _ = ways({ $0.observeHello(7, from: here.with(port: port), now: at(0.05)) })
        }
        let (hellos, _) = play(ways, from: at(0.05), until: at(0.099))
        #expect(hellos.count == Limits.wayCandidates - 2)
    }

    /// Its first hello may come before the other side knows the number.
    @Test func whoIsAnsweredGoesOnUntilTheOtherIsHeard() {
        let ways = Box(Ways())
        _ = ways({ $0.begin(command, to: key, at: [there, here], attested: there, nonce: 7, now: at(0)) })
        _ = play(ways, from: at(0), until: at(0))
        _ = ways({ $0.observe(answer(from: key), from: there, now: at(0.15)) })
        let (hellos, _) = play(ways, from: at(0.15), until: at(0.8))
        #expect(hellos.map(\.at) == [at(0.3), at(0.7)] && hellos.allSatisfy { $0.to == there })
        _ = ways({ $0.observeHello(7, from: there, now: at(0.9)) })
        _ = ways({ $0.observe(answer(from: key), from: there, now: at(0.9)) })
        #expect(play(ways, from: at(0.9), until: at(20)).hellos.isEmpty)
    }

    @Test func whoUsesAWayKeepsItOpen() {
        let ways = Box(Ways())
        _ = ways({ $0.begin(command, to: key, at: [there], attested: there, nonce: 7, now: at(0)) })
        _ = ways({ $0.observe(answer(from: key), from: there, now: at(1)) })
        ways({ $0.observeUse(of: key, now: at(1)) })
        _ = ways({ $0.observeHello(7, from: there, now: at(1)) })
        _ = ways({ $0.observe(answer(from: key), from: there, now: at(1)) })
        var (now, hellos) = (at(1), 0)
        while let next = ways({ $0.nextDue }) {
            now = next
            guard case .hello? = ways({ $0.next(now: now) }) else { break }
            hellos += 1
            _ = ways({ $0.observe(answer(from: key), from: there, now: now) })
        }
        #expect(hellos == 23 && now == at(1) + Limits.wayIdleTime)
    }

    @Test func whoDoesNotUseAWayLeavesItToTheOther() {
        let ways = Box(Ways())
        _ = ways({ $0.begin(command, to: key, at: [there], attested: there, nonce: 7, now: at(0)) })
        _ = ways({ $0.observeHello(7, from: there, now: at(1)) })
        _ = ways({ $0.observe(answer(from: key), from: there, now: at(1)) })
        for second in [26.0, 51, 76] { #expect(ways({ $0.observeHello(7, from: there, now: at(second)) })) }
        let (hellos, closedAt) = play(ways, from: at(1), until: at(1_000))
        #expect(hellos.isEmpty && closedAt == at(76) + Limits.waySilence)
    }

    @Test func aWayThatFallsSilentIsClosed() {
        let ways = Box(Ways())
        _ = ways({ $0.begin(command, to: key, at: [there], attested: there, nonce: 7, now: at(0)) })
        _ = ways({ $0.observeHello(7, from: there, now: at(1)) })
        _ = ways({ $0.observe(answer(from: key), from: there, now: at(1)) })
        ways({ $0.observeUse(of: key, now: at(1)) })
        let (hellos, closedAt) = play(ways, from: at(1), until: at(1_000))
        #expect(hellos.map(\.at) == [at(26), at(28), at(30)] && closedAt == at(32))
    }

    @Test func waysAreBounded() {
        let ways = Box(Ways())
        for number in 1...UInt64(Limits.ways) {
            let id = CommandID(number: number)
            #expect(ways({ $0.begin(id, to: key, at: [there], attested: there, nonce: number, now: at(0)) }))
        }
        #expect(!ways({ $0.begin(CommandID(number: 0), to: key, at: [there], attested: there, nonce: 0, now: at(0)) }))
        ways({ $0.cancel(CommandID(number: 1)) })
        #expect(ways({ $0.begin(CommandID(number: 0), to: key, at: [there], attested: there, nonce: 0, now: at(0)) }))
        #expect(!ways({ $0.begin(CommandID(number: 1), to: key, at: [], attested: there, nonce: 0, now: at(0)) }))
    }

    /// The ways that led where a session went go with it, and no others.
    @Test func waysMoveWithTheSessionThatWentThere() {
        let ways = Box(Ways())
        let (moved, inner) = (there.with(port: 9), Endpoint(ipv4: 0xc0a8_0007, port: 7_337))
        for (number, place) in [there, inner, there].enumerated() {
            let (command, nonce) = (CommandID(number: UInt64(number)), UInt64(number) + 7)
            #expect(ways({ $0.begin(command, to: key, at: [place], attested: there, nonce: nonce, now: at(0)) }))
            _ = ways({ $0.observe(answer(from: key, nonce: nonce), from: place, now: at(0.1)) })
        }
        #expect(ways({ $0.observeMove(of: key, from: moved, to: there) }).isEmpty)
        let commands = ways({ $0.observeMove(of: key, from: there, to: moved) })
        #expect(commands == [CommandID(number: 0), CommandID(number: 2)])
        #expect(ways({ $0.observeMove(of: key, from: there, to: moved) }).isEmpty)
    }

    /// What it left unanswered before was at the place that it has left.
    @Test func aWayThatHasMovedIsNotClosedByWhatWasLostBefore() {
        var open = Ways()
        _ = open.begin(CommandID(number: 1), to: key, at: [there], attested: there, nonce: 7, now: at(0))
        _ = open.observe(answer(from: key, nonce: 7), from: there, now: at(0.1))
        open.observeUse(of: key, now: at(0.2))
        // When it is closed where nothing is answered any more.
        func steps(_ ways: inout Ways, _ time: Double) -> [Ways.Step] {
            var steps: [Ways.Step] = []
            while let step = ways.next(now: at(time)) { steps.append(step) }
            return steps
        }
        var (left, end) = (open, 0.5)
        while end < 300, !steps(&left, end).contains(.closed(CommandID(number: 1))) { end += 0.5 }
        #expect(end < 300)
        for half in 1..<Int(end * 2) { _ = steps(&open, Double(half) / 2) }
        let moved = open.observeMove(of: key, from: there, to: there.with(port: 9))
        #expect(moved == [CommandID(number: 1)])
        let next = steps(&open, end)
        #expect(next == [.hello(nonce: 7, there.with(port: 9))])
    }

    @Test func passagesAreBounded() {
        let passages = Box(Passages())
        let (mailbox, other) = (Location(.zero), Location(Bytes32(words: (1, 0, 0, 0))))
        func mayPass(of block: UInt32, to mailbox: Location, at second: Double = 0) -> Bool {
            let endpoint = Endpoint(ipv4: 0xcb00_0000 | block << 8, port: 1)
            return passages({ $0.mayPass(to: mailbox, from: endpoint, now: at(second)) })
        }
        for _ in 0..<Limits.offersPerAsker { #expect(mayPass(of: 1, to: mailbox)) }
        #expect(!mayPass(of: 1, to: mailbox), "enough of one block")
        #expect(mayPass(of: 1, to: other))
        let others = (2...60 as ClosedRange<UInt32>).count { mayPass(of: $0, to: mailbox, at: Double($0) / 2) }
        #expect(others == Limits.offersPerMailbox - Limits.offersPerAsker, "enough for one mailbox")
        #expect(mayPass(of: 1, to: mailbox, at: 61), "a minute later")
    }

    /// Mailboxes cost nothing to invent.
    @Test func oneAddressBlockCannotUseUpWhatIsPassedOn() {
        let passages = Box(Passages())
        let carrier = ReplyCarrier.transport(SessionID(sequence: 1, slot: 1))
        func endpoint(_ block: UInt32) -> Endpoint { Endpoint(ipv4: 0xcb00_0000 | block << 8, port: 1) }
        func hold(_ request: UInt32, of block: UInt32) -> Bool {
            let header = RPCHeader(.punch, requestID: request)
            return passages({
                $0.hold(header, of: NodeID(.zero), from: endpoint(block), over: carrier, now: at(0))
            })
        }
        func mayPass(_ mailbox: UInt64, of block: UInt32) -> Bool {
            let mailbox = Location(Bytes32(words: (mailbox, 0, 0, 0)))
            return passages({ $0.mayPass(to: mailbox, from: endpoint(block), now: at(0)) })
        }
        #expect((0..<100).count { hold($0, of: 1) } == Limits.offersWaitingOfBlock)
        #expect(hold(200, of: 2))
        #expect((0..<100).count { mayPass($0, of: 1) } == Limits.offersPerSecondOfBlock)
        #expect(mayPass(0, of: 2))
    }

    /// Whatever the reason, who asks hears at one time that nobody answers: so nobody learns who is there.
    @Test func allRefusalsComeAtOneTime() {
        let passages = Box(Passages())
        let carrier = ReplyCarrier.transport(SessionID(sequence: 1, slot: 1))
        func hold(_ request: UInt32, at second: Double, from endpoint: Endpoint? = nil) -> Bool {
            let header = RPCHeader(.punch, requestID: request)
            return passages({
                $0.hold(header, of: NodeID(.zero), from: endpoint ?? there, over: carrier, now: at(second))
            })
        }
        func refused(at second: Double) -> UInt32? { passages({ $0.nextRefusal(now: at(second)) })?.header.requestID }
        #expect(hold(1, at: 0) && hold(2, at: 0.5))
        #expect(!hold(1, at: 0.6), "it waits already")
        #expect(refused(at: 0.9) == nil && passages({ $0.nextDue }) == at(1))
        #expect(refused(at: 1) == 1 && refused(at: 1) == nil)
        #expect(passages({ $0.resolve(RPCHeader(.punch, requestID: 1), of: NodeID(.zero)) }) == nil, "that is over")
        #expect(passages({ $0.resolve(RPCHeader(.punch, requestID: 2), of: NodeID(.zero)) }) == carrier)
        #expect(refused(at: 2) == nil, "it was answered")
        for request in 10..<UInt32(10 + Limits.offersWaiting) {
            #expect(hold(request, at: 3, from: Endpoint(ipv4: request << 8, port: 1)))
        }
        #expect(!hold(9_999, at: 3))
    }

    @Test func offersAreBounded() throws {
        let offers = Box(Offers())
        let (carrier, header) = (
            ReplyCarrier.transport(SessionID(sequence: 1, slot: 1)), RPCHeader(.punch, requestID: 1)
        )
        func receive(_ number: UInt64, at second: Double) -> Offers.Receipt {
            offers({ $0.receive(Bytes32(words: (number, 0, 0, 0)), header, over: carrier, now: at(second)) })
        }
        guard case .new(let id) = receive(1, at: 0) else { return #expect(Bool(false), "the first is new") }
        #expect(receive(1, at: 0) == .waits, "its answer is on its way")
        #expect(offers({ $0.resolve(id, with: [1, 2]) }) != nil)
        #expect(receive(1, at: 1) == .answered([1, 2]))
        guard case .new(let second) = receive(2, at: 1) else { return #expect(Bool(false), "another is new") }
        #expect(offers({ $0.resolve(second, with: nil) }) != nil)
        #expect(receive(2, at: 1) == .refused, "refused as before")
        let read = (10..<40 as Range<UInt64>).count { if case .new = receive($0, at: 2) { true } else { false } }
        #expect(read == Limits.offersRead)
        #expect(receive(1, at: 20) != .answered([1, 2]), "forgotten")
    }
}
