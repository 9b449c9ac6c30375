import Basics
import RoostService
import Testing

/// What is wrong is told at once, once, and only while it is so.
@Suite struct ProblemListTests {
    private func instant(_ seconds: Int) -> Instant { Instant(sinceOrigin: .seconds(seconds)) }

    /// A node of a network in which all is well.
    private static var well: ProblemFacts {
        var facts = ProblemFacts()
        facts.directory = "/data"
        facts.clock = .confirmed
        (facts.isJoined, facts.contacts, facts.hasBootstrap, facts.hasNodesToAsk) = (true, 12, true, true)
        (facts.isReachable, facts.port) = (true, 7_337)
        return facts
    }

    private func problems(_ change: (inout ProblemFacts) -> Void) -> [Problem] {
        var facts = ProblemListTests.well
        change(&facts)
        var list = ProblemList()
        _ = list.update(facts, now: instant(0))
        return list.problems
    }

    private func codes(_ change: (inout ProblemFacts) -> Void) -> [Problem.Code] { problems(change).map(\.code) }

    @Test func nothingIsWrongWhereAllIsWell() {
        #expect(codes { _ in }.isEmpty)
        #expect(codes { $0.isReachable = nil }.isEmpty)
        #expect(codes { $0.clock = .unconfirmed }.isEmpty)
    }

    /// A start that goes well takes a second or three to meet others.
    @Test func aStartIsNotScoldedBeforeOthersHadTimeToAnswer() {
        func starting(_ seconds: Double, _ change: (inout ProblemFacts) -> Void = { _ in }) -> [Problem.Code] {
            codes {
                ($0.isJoined, $0.contacts, $0.seeking, $0.isReachable) = (false, 0, .seconds(seconds), nil)
                change(&$0)
            }
        }
        #expect(starting(0).isEmpty && starting(3.9).isEmpty)
        #expect(starting(4) == [.bootstrapSilent])
        #expect(starting(0) { $0.strangers = [Endpoint(ipv4: 1, port: 2)] } == [.bootstrapKey])
        let unresolved = starting(4) { ($0.unresolvedNames, $0.hasNodesToAsk) = (["boot.test"], false) }
        #expect(unresolved == [.bootstrapUnresolved])
        // Who is told of nobody can't have anybody answer.
        #expect(
            starting(0) { ($0.isJoined, $0.hasBootstrap, $0.hasNodesToAsk) = (true, false, false) } == [
                .noBootstrapGiven
            ])
        #expect(starting(0) { ($0.isJoined, $0.hasBootstrap) = (true, false) }.isEmpty, "it remembers some")
    }

    @Test func aNodeThatIsCutOffSaysSo() {
        #expect(codes { $0.seeking = .seconds(3) }.isEmpty)
        #expect(codes { $0.seeking = .seconds(4) } == [.alone])
        #expect(codes { $0.silence = .seconds(9) }.isEmpty)
        #expect(codes { $0.silence = .seconds(10) } == [.alone])
        #expect(codes { $0.refusal = ("Network is unreachable", .milliseconds(900)) }.isEmpty)
        // What follows from it is no news.
        let refused = codes { facts in
            facts.refusal = ("Network is unreachable", .seconds(1))
            (facts.seeking, facts.silence) = (.seconds(60), .seconds(60))
        }
        #expect(refused == [.networkUnreachable])
        let lost = problems { facts in
            facts.refusal = ("there is no route", .seconds(1))
            facts.lostEndpoint = Endpoint(ipv4: 0x0a4d_0003, port: 7_337)
        }
        #expect(lost.map(\.code) == [.networkUnreachable])
        #expect(lost.first?.message.contains("the node listens at, 10.77.0.3:7337") == true)
        #expect(codes { $0.losesLargeDatagrams = true } == [.pathMTU])
    }

    /// Each code has facts that bring it about, and no two the same sentence.
    @Test func everythingThatCanBeWrongHasItsFactsAndSentences() {
        var facts = ProblemListTests.well
        (facts.isDiskFull, facts.damagedReads, facts.hasSecondCopy) = (true, 1, true)
        (facts.missingKeys, facts.keysLeftOpen) = (["profile.key"], ["node.key"])
        (facts.clock, facts.isReachable, facts.isInboxFull) = (.differs(bySeconds: 1_728_000), false, true)
        (facts.losesLargeDatagrams, facts.unopenedEnvelopes) = (true, 3)
        (facts.isFlooded, facts.isNodeFull) = (true, true)
        (facts.strangers, facts.unresolvedNames) = ([Endpoint(ipv4: 1, port: 2)], ["boot.test"])
        var list = ProblemList()
        _ = list.update(facts, now: instant(0))
        var all = list.problems
        let alone: [(inout ProblemFacts) -> Void] = [
            { $0.isDiskNearlyFull = true },
            { ($0.queued, $0.oldestQueued) = (3, .seconds(720)) },
            { $0.refusal = ("Network is unreachable", .seconds(1)) },
            { ($0.isJoined, $0.seeking) = (false, .seconds(4)) },
            { $0.seeking = .seconds(4) },
            { ($0.seeking, $0.contacts, $0.hasBootstrap, $0.hasNodesToAsk) = (.zero, 0, false, false) },
        ]
        for change in alone {
            var facts = ProblemListTests.well
            change(&facts)
            _ = list.update(facts, now: instant(0))
            #expect(list.problems.count == 1)
            all += list.problems
        }
        #expect(Set(all.map(\.code)) == Set(Problem.Code.allCases) && all.count == Problem.Code.allCases.count)
        #expect(Set(all.map(\.message)).count == all.count)
        for problem in all {
            #expect(problem.message.hasSuffix(".") && problem.advice.hasSuffix("."), "\(problem)")
        }
        #expect(all.contains { $0.message == "This machine's clock is 20 days ahead of most others'." })
        #expect(all.contains { $0.message == "3 messages are nowhere but here, one for 12 min." })
        #expect(all.contains { $0.advice == "Open UDP port 7337 in the firewall, or forward it in the router." })
    }

    /// Whoever goes on from a copy has no newer backup to restore, and the first copies stay when all has come.
    @Test func whatWaitsAfterAnImportIsNoReasonToRestoreAnything() {
        let imported = problems { ($0.unopenedEnvelopes, $0.goesOnFromCopy) = (3, true) }
        #expect(imported.map(\.code) == [.unopenedMail])
        #expect(imported.first?.advice.contains("restore") == false)
        #expect(imported.first?.advice.contains("may have come already") == true)
        #expect(problems { $0.unopenedEnvelopes = 3 }.first?.advice.contains("restore a newer backup") == true)
    }

    @Test func eachIsSaidOnceWhenItAppearsAndOnceWhenItIsOver() {
        var list = ProblemList()
        var cutOff = ProblemListTests.well
        cutOff.seeking = .seconds(60)
        let appeared = list.update(cutOff, now: instant(0))
        #expect(appeared == list.problems.map { .appeared($0) } && appeared.count == 1)
        let again = list.update(cutOff, now: instant(1))
        #expect(again.isEmpty)
        // What comes and goes is one event, but the list is true at every moment.
        for second in 2..<20 {
            let changes = list.update(second % 4 < 2 ? ProblemListTests.well : cutOff, now: instant(second))
            #expect(changes.isEmpty && list.problems.isEmpty == (second % 4 < 2))
        }
        let changes = (20...25).map { list.update(ProblemListTests.well, now: instant($0)) }
        #expect(changes == [[], [], [], [], [], [.over(.alone)]])
        #expect(list.update(cutOff, now: instant(30)).count == 1)
    }

    @Test func aFloodIsOverAMinuteAfterTheLastOfIt() {
        var watch = FloodWatch()
        let goesOn = [(0, 0, 0), (3, 0, 10), (3, 0, 69), (3, 0, 70), (3, 1, 80)].map { displaced, refused, second in
            watch.observe(displaced: displaced, refused: refused, now: instant(second))
        }
        #expect(goesOn == [false, true, true, false, true])
    }

    @Test func aFewAddressesWithoutARouteAreNotTheNetwork() {
        var (watch, health) = (RefusalWatch(), SendHealth())
        func refused(_ count: Int, at second: Int) -> (reason: String, since: Duration)? {
            for _ in 0..<count { health.recordRefused(.noRoute, now: instant(second)) }
            return watch.observe(health, now: instant(second))
        }
        #expect(refused(4, at: 0) == nil)
        health.recordSent(bytes: 64, now: instant(1))
        #expect(refused(4, at: 2) == nil)
        let outage = refused(1, at: 4)
        #expect(outage?.reason == "there is no route" && outage?.since == .seconds(2))
        health.recordSent(bytes: 64, now: instant(5))
        #expect(refused(0, at: 6) == nil)
    }

    @Test func silenceIsNotLateAnswers() {
        var watch = SilenceWatch()
        watch.observe(sent: 4, received: 0, now: instant(0))
        #expect(watch.silence(now: instant(60)) == nil, "too little was asked")
        watch.observe(sent: 4, received: 0, now: instant(5))
        #expect(watch.silence(now: instant(60)) == .seconds(60))
        watch.observe(sent: 9, received: 1, now: instant(60))
        #expect(watch.silence(now: instant(70)) == nil)
        watch.observe(sent: 9, received: 0, now: instant(70))
        #expect(watch.silence(now: instant(72)) == .seconds(2))
    }
}
