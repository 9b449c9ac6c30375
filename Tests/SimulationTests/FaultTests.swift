import Basics
import Cryptography
import NodeCore
import Simulation
import Storage
import Testing

/// Faults do what they say, no more, and end.
@Suite struct FaultTests {
    /// Some nodes that know each other, and two people.
    private static func crowd(seed: UInt64 = 21) -> (VirtualNetwork, nodes: [HostID], people: [HostID]) {
        var network = VirtualNetwork(
            seed: seed, suite: .cheap, configuration: NodeConfiguration(network: "faults", families: .ipv4))
        let nodes = (0..<5).map { _ in network.addHost() }
        network.start(nodes[0])
        for node in nodes.dropFirst() { network.start(node, bootstrap: [nodes[0]]) }
        let people = (0..<2).map { _ in network.addHost(withPerson: true) }
        for person in people { network.start(person, bootstrap: [nodes[0]]) }
        network.run(for: .seconds(120))
        return (network, nodes, people)
    }

    private static func arrives(
        _ text: String, in network: inout VirtualNetwork, from sender: HostID, to recipient: HostID, within: Duration
    ) throws -> Bool {
        let peer = try #require(network.peerID(recipient))
        _ = try network.send(text, from: sender, to: peer)
        return network.run(limit: within) { network in network.inbox(recipient).contains { $0.text == text } }
    }

    @Test func aStoppedProgramHearsNothingAndThenAllAtOnce() throws {
        var (network, _, people) = FaultTests.crowd()
        let before = network.datagramsSent(by: people[1])
        let until = network.time + .seconds(300)
        network.pause(people[1], until: until)
        #expect(!network.isRunning(people[1]) && network.isUp(people[1]))
        network.run(for: .seconds(299))
        #expect(network.datagramsSent(by: people[1]) == before)
        network.run(for: .seconds(30))
        #expect(network.isRunning(people[1]) && network.datagramsSent(by: people[1]) > before)
        #expect(try FaultTests.arrives("later", in: &network, from: people[0], to: people[1], within: .seconds(120)))
    }

    @Test func aMachineWithoutANetworkSendsAndHearsNothing() throws {
        var (network, _, people) = FaultTests.crowd()
        network.setUnplugged(true, of: people[1])
        #expect(try !FaultTests.arrives("now", in: &network, from: people[0], to: people[1], within: .seconds(120)))
        network.setUnplugged(false, of: people[1])
        #expect(network.run(limit: .seconds(60)) { $0.inbox(people[1]).contains { $0.text == "now" } })
    }

    @Test func largeDatagramsVanishAndSmallOnesDoNot() throws {
        var (network, _, people) = FaultTests.crowd()
        var largest = 0
        network.setLargestSent(0, of: people[0])
        #expect(try !FaultTests.arrives("no", in: &network, from: people[0], to: people[1], within: .seconds(60)))
        network.setLargestSent(nil, of: people[0])
        network.tap = { _, _, bytes in largest = max(largest, bytes.count) }
        #expect(network.run(limit: .seconds(700)) { $0.inbox(people[1]).contains { $0.text == "no" } })
        #expect(largest > 0)
    }

    @Test func everyBitErrorIsNoticed() throws {
        var (network, _, people) = FaultTests.crowd()
        network.interference = Interference(bitErrors: 1)
        #expect(try !FaultTests.arrives("noise", in: &network, from: people[0], to: people[1], within: .seconds(120)))
        network.interference = nil
        #expect(network.run(limit: .seconds(700)) { $0.inbox(people[1]).contains { $0.text == "noise" } })
    }

    @Test func whatComesAgainAnHourLaterIsNotTakenTwice() throws {
        var (network, _, people) = FaultTests.crowd()
        network.interference = Interference(replays: 1, later: .seconds(3_600))
        #expect(try FaultTests.arrives("once", in: &network, from: people[0], to: people[1], within: .seconds(60)))
        network.interference = nil
        network.run(for: .seconds(3_700))
        #expect(network.inbox(people[1]).count == 1)
    }

    @Test func aFailedCommitEndsTheProgramAndNothingWasAccepted() throws {
        var (network, nodes, people) = FaultTests.crowd()
        let peer = try #require(network.peerID(people[1]))
        network.failNextCommit(of: people[0])
        _ = try network.send("lost", from: people[0], to: peer)
        network.run(for: .seconds(2))
        #expect(network.takeEnded() == [people[0]] && network.takeEnded().isEmpty && !network.isUp(people[0]))
        #expect(network.notices(people[0]).contains { if case .notAccepted = $0 { true } else { false } })
        network.start(people[0], bootstrap: [nodes[0]])
        network.run(for: .seconds(120))
        #expect(network.inbox(people[1]).isEmpty)
    }

    /// From none to all of the batches under way are there, and nobody was told.
    @Test func aTornCommitKeepsSomeOfTheBatches() throws {
        var (kept, lost) = (0, 0)
        for seed in 1...12 as ClosedRange<UInt64> {
            var (network, nodes, people) = FaultTests.crowd(seed: seed)
            let peer = try #require(network.peerID(people[1]))
            network.tearNextCommit(of: people[0])
            _ = try network.send("perhaps", from: people[0], to: peer)
            network.run(for: .seconds(1))
            #expect(network.takeEnded() == [people[0]])
            #expect(!network.notices(people[0]).contains { if case .accepted = $0 { true } else { false } })
            network.start(people[0], bootstrap: [nodes[0]])
            network.run(for: .seconds(120))
            let count = network.inbox(people[1]).count
            #expect(count <= 1)
            if count == 1 { kept += 1 } else { lost += 1 }
        }
        #expect(kept > 0 && lost > 0)
    }

    @Test func aClockDriftsAndKeepsWhatItGained() {
        var (network, nodes, _) = FaultTests.crowd()
        func skew() -> Int64 { network.clock(of: nodes[1]).seconds(since: network.now.utc) }
        network.setDrift(100_000, of: nodes[1])
        network.run(for: .seconds(100))
        #expect(skew() == 10)
        network.setDrift(0, of: nodes[1])
        network.run(for: .seconds(100))
        #expect(skew() == 10)
        network.setDrift(-100_000, of: nodes[1])
        network.run(for: .seconds(200))
        #expect(skew() == -10)
    }

    /// Timers run fast and slow; what a clock has gained stays, and it never goes back.
    @Test(arguments: [-100_000, 100_000] as [Int64])
    func aTimerRunsFastOrSlow(millionths: Int64) {
        var rate = TimerRate()
        var last = Instant.origin
        func local(_ nanoseconds: Int64) -> Instant { rate.local(at: .origin + .nanoseconds(nanoseconds)) }
        for nanoseconds in 0..<2_000 as Range<Int64> {
            if nanoseconds == 500 { rate.set(millionths, at: .origin + .nanoseconds(nanoseconds)) }
            if nanoseconds == 1_500 { rate.set(0, at: .origin + .nanoseconds(nanoseconds)) }
            let now = local(nanoseconds)
            #expect(now >= last)
            let truth = rate.truth(at: now)
            #expect(truth <= .origin + .nanoseconds(nanoseconds) && rate.local(at: truth) >= now)
            last = now
        }
        let end: Int64 = 1_999 + millionths / 1_000
        #expect(last == .origin + .nanoseconds(end))
        rate.set(millionths, at: .origin)
        // Over half a year, in nanoseconds, and what it had gained before.
        let year = Int64(180 * 86_400) * 1_000_000_000
        let expected: Int64 = year / 1_000_000 * millionths
        let says = rate.local(at: .origin + .nanoseconds(year))
        let most = Instant.origin + .nanoseconds(year + expected + 200)
        #expect(says <= most && says + .nanoseconds(400) >= most)
    }

    /// A node whose timers run fast does more of what it does every so often, and one whose timers are slow does less.
    @Test func aNodeWhoseTimersRunFastDoesMore() throws {
        var sent: [Int64: Int] = [:]
        for millionths in [-500_000, 0, 500_000] as [Int64] {
            var (network, nodes, people) = FaultTests.crowd()
            for host in nodes + people { network.setTimerDrift(millionths, of: host) }
            let before = (nodes + people).reduce(0) { $0 + network.datagramsSent(by: $1) }
            network.run(for: .seconds(3_600))
            sent[millionths] = (nodes + people).reduce(0) { $0 + network.datagramsSent(by: $1) } - before
            #expect(try FaultTests.arrives("x", in: &network, from: people[0], to: people[1], within: .seconds(30)))
        }
        let (slow, right, fast) = (sent[-500_000] ?? 0, sent[0] ?? 0, sent[500_000] ?? 0)
        #expect(slow * 5 < right * 4 && fast * 4 > right * 5, "\(slow), \(right), \(fast)")
    }

    /// What PROTOCOL says of two copies: mail comes to one of them, and each learns of the other.
    @Test(arguments: [true, false])
    func twoCopiesOfAPersonLearnOfEachOther(copiesDirectory: Bool) throws {
        var (network, nodes, people) = FaultTests.crowd()
        #expect(try FaultTests.arrives("before", in: &network, from: people[0], to: people[1], within: .seconds(60)))
        let copy = network.addCopy(of: people[1], copiesDirectory: copiesDirectory)
        network.start(copy, bootstrap: [nodes[0]])
        #expect(network.peerID(copy) == network.peerID(people[1]))
        #expect((network.node(copy).id == network.node(people[1]).id) == copiesDirectory)
        #expect(network.inbox(copy).map(\.text) == (copiesDirectory ? ["before"] : []))
        #expect(
            network.run(limit: .seconds(4 * 3_600)) { network in
                [people[1], copy].allSatisfy { network.peer($0)?.secondCopySighting != nil }
            })
        let peer = try #require(network.peerID(people[1]))
        _ = try network.send("during", from: people[0], to: peer)
        #expect(
            network.run(limit: .seconds(2 * 3_600)) { network in
                [people[1], copy].contains { network.inbox($0).contains { $0.text == "during" } }
            })
        network.crash(copy)
        #expect(network.inbox(people[1]).contains { $0.text == "before" })
    }

    @Test func aDamagedValueIsAbsentUntilItIsWrittenAgain() {
        let store = MemoryStore()
        store.commit([StoreWrite(.records, [1], [10]), StoreWrite(.records, [2], [20])])
        store.damage(.records, at: 0)
        store.damage(.records, at: 7)
        func keys(_ scan: (_ visit: (UInt8) -> Void) -> Void) -> [UInt8] {
            var keys: [UInt8] = []
            scan { keys.append($0) }
            return keys
        }
        for store in [store, store.copy()] {
            #expect(!store.read(.records, [1]) { _ in } && store.read(.records, [2]) { _ in })
            let scanned = keys { visit in
                store.scan(.records, prefix: [], after: nil) { key, _ in
                    visit(key.unsafeLoad(as: UInt8.self))
                    return true
                }
            }
            let heads = keys { visit in
                store.scanHeads(.records, prefix: [], after: nil) { key, _, _ in
                    visit(key.unsafeLoad(as: UInt8.self))
                    return true
                }
            }
            #expect(scanned == [2] && heads == [1, 2])
            store.commit([StoreWrite(.records, [1], [11])])
            #expect(store.read(.records, [1]) { _ in })
        }
    }

    private static let calm = SimulatorStories.small { scenario in
        (scenario.seed, scenario.nodes, scenario.peers) = (300, 12, 4)
        (scenario.duration, scenario.messages, scenario.lookups) = (.seconds(900), 20, 5)
    }
    private static let calmHistory = SimulatorStories.run(calm).traceHash

    /// Whole runs, each with one kind of fault, hold; and each changes the history.
    @Test(arguments: FaultTests.kinds.indices)
    func aRunWithTheFaultHolds(index: Int) {
        let (kind, among) = FaultTests.kinds[index]
        var scenario = FaultTests.calm
        scenario.faults = [Fault(at: .seconds(300), kind, among: among)]
        #expect(scenario.problem == nil)
        let summary = SimulatorStories.run(scenario)
        for violation in summary.violations + summary.unfinished {
            Issue.record("\(kind): \(violation.sentence)\n\(violation.trace.joined(separator: "\n"))")
        }
        #expect(summary.isFinished && summary.incidents.count == 1)
        #expect(summary.traceHash != FaultTests.calmHistory)
    }

    static let kinds: [(Fault.Kind, Fault.Struck?)] = [
        (.failedCommit(share: 0.5, back: .seconds(10)), .everybody),
        (.tornCommit(share: 1, back: .seconds(10)), .people),
        (.crash(share: 1, back: .seconds(10), keepsDisk: true), .people), (.damage(share: 0.5, values: 50), nil),
        (.oneWay(share: 0.4, lasting: .seconds(300)), nil), (.pause(share: 0.5, lasting: .seconds(120)), .everybody),
        (.drift(share: 0.3, millionths: 10_000, lasting: .seconds(600)), nil),
        (.bitErrors(share: 0.2, lasting: .seconds(300)), nil),
        (.replay(share: 0.2, later: .seconds(400), lasting: .seconds(300)), nil),
        (.mtuHole(share: 0.5, bytes: 500, lasting: .seconds(300)), .everybody),
        (.move(share: 0.5, isNoticed: true), .everybody), (.move(share: 0.5, isNoticed: false), .everybody),
        (.networkLoss(share: 0.5, lasting: .seconds(300)), .everybody),
        (.restore(share: 0.5, lasting: .seconds(300)), nil),
        (.timerDrift(share: 0.5, millionths: 200_000, lasting: .seconds(600)), .everybody),
        (.timerDrift(share: 0.5, millionths: -200_000, lasting: .seconds(600)), .everybody),
        (.fullDisk(share: 0.5, lasting: .seconds(300)), .people),
        (.slowDisk(share: 1, delay: .seconds(5), lasting: .seconds(300)), .people),
    ]
}
