import Basics
import NodeCore
import Testing
import Wire

/// Third nodes that are asked, and that are abused.
@Suite struct ConfirmationStories {
    private static let servers = 12

    /// Somebody who is no liar, nor unreachable, as far as this node can tell, comes by.
    private static func newcomer(_ stage: inout Stage) -> Int {
        let newcomer = stage.addPart()
        stage.ask(.ping, from: newcomer)
        stage.run(for: .seconds(5))
        return newcomer
    }

    private static func stage(seed: UInt64, verdicts: (Int) -> Response) -> Stage {
        var stage = Stage(servers: servers, seed: seed)
        for part in 0..<servers { stage.setVerdict(verdicts(part), of: part) }
        return stage
    }

    @Test func whoAnswersButIsReachedByNobodyElseStaysOut() {
        var stage = ConfirmationStories.stage(seed: 81) { _ in .refused(.notFound, retryAfterSeconds: 0) }
        let before = stage.node.status.contacts
        #expect(before == ConfirmationStories.servers)
        let newcomer = ConfirmationStories.newcomer(&stage)
        #expect(!stage.knows(newcomer))
        // However often it comes.
        let asked = stage.confirms(of: newcomer)
        for _ in 0..<20 {
            stage.ask(.ping, from: newcomer)
            stage.run(for: .seconds(10))
        }
        #expect(!stage.knows(newcomer))
        #expect(asked == 3 && stage.confirms(of: newcomer) == asked)
        #expect(stage.node.status.contacts == before)
    }

    @Test func whoIsReachedByAThirdNodeEnters() {
        var stage = ConfirmationStories.stage(seed: 82) { _ in .reached }
        let newcomer = ConfirmationStories.newcomer(&stage)
        #expect(stage.knows(newcomer))
    }

    /// Two of three lie that nobody is there, don't dial, never have an answer, or don't know the question.
    @Test(
        arguments: [(RefusalReason.notFound, 0), (.busy, 60), (.busy, 0), (.unknownRPC, 0)] as [(RefusalReason, UInt32)]
    )
    func liarsAmongThemOnlyDelayANewcomer(reason: RefusalReason, retryAfter: UInt32) {
        let lie = Response.refused(reason, retryAfterSeconds: retryAfter)
        var entered = 0
        for seed in UInt64(100)..<110 {
            var stage = ConfirmationStories.stage(seed: seed) { $0 % 3 == 0 ? .reached : lie }
            let newcomer = ConfirmationStories.newcomer(&stage)
            for _ in 0..<5 where !stage.knows(newcomer) {
                stage.run(for: Limits.unconfirmedTime)
                stage.ask(.ping, from: newcomer)
                stage.run(for: .seconds(5))
            }
            if stage.knows(newcomer) { entered += 1 }
        }
        #expect(entered == 10)
    }

    /// One liar can let somebody in whom nobody else reaches, which is no more than a contact that has died since.
    @Test func aLiarLetsInOneContactAtMostOfThoseItIsAskedAbout() {
        var stage = ConfirmationStories.stage(seed: 83) { part in
            part == 0 ? .reached : .refused(.notFound, retryAfterSeconds: 0)
        }
        let newcomers = (0..<40).map { _ in ConfirmationStories.newcomer(&stage) }
        let entered = newcomers.count { stage.knows($0) }
        #expect(entered <= stage.parts[0].confirms)
        #expect(entered < 20, "\(entered) of 40, where one third node in twelve lies and three are asked")
    }

    /// A thousand questions about a thousand ports of one address, and about as many addresses.
    @Test(arguments: [false, true])
    func nobodyIsFloodedByTheDialsOfOthers(manyHosts: Bool) {
        var stage = Stage(servers: ConfirmationStories.servers, seed: 84)
        let asker = stage.addPart()
        stage.ask(.ping, from: asker)
        stage.run(for: .seconds(5))
        let victim: UInt32 = 0x4000_0001
        let start = stage.clock
        for number in 0..<1_000 {
            let address = manyHosts ? victim + UInt32(number) << 8 : victim
            stage.ask(
                .confirm(stage.parts[0].key, at: Endpoint(ipv4: address, port: UInt16(1_000 + number))), from: asker)
            stage.run(for: .milliseconds(500))
        }
        let spans = Int((stage.clock - start) / Limits.probeTime) + 1
        let dials = manyHosts ? Limits.probesPerAsker : Limits.probesPerHost
        #expect(stage.probes.count <= spans * dials * Limits.probeSends, "a dial is three datagrams of 64 bytes")
        #expect(stage.probes.count >= dials * Limits.probeSends)
        print("\(stage.probes.count) dials for a thousand questions in \(stage.clock - start)")
    }

    /// It answers this node's dial; but it has written to it, so that a NAT may have let that in. Another is to say.
    @Test(
        arguments: [
            (.reached, .reached, 1),
            (.refused(.notFound, retryAfterSeconds: 0), .refused(.notFound, retryAfterSeconds: 0), 1),
            // None of three can say.
            (.refused(.busy, retryAfterSeconds: 60), .reached, 3),
            (.refused(.unknownRPC, retryAfterSeconds: 0), .reached, 3),
        ] as [(Response, Response, Int)])
    func whoAsksAboutItselfIsDialledByAnother(verdict: Response, answer: Response, asked: Int) {
        var stage = ConfirmationStories.stage(seed: 87) { _ in verdict }
        stage.answersProbes = true
        let asker = stage.addPart(as: .client)
        let question = Request.confirm(stage.parts[asker].key, at: stage.parts[asker].endpoint)
        stage.ask(.ping, from: asker)
        stage.run(for: .seconds(1))
        let first = stage.ask(question, from: asker)
        #expect(stage.parts[asker].answers[first] == .refused(.busy, retryAfterSeconds: 0))
        for _ in 0..<5 {
            stage.run(for: .seconds(10))
            let again = stage.ask(question, from: asker)
            #expect(stage.parts[asker].answers[again] == answer)
        }
        #expect(stage.parts.reduce(0) { $0 + $1.passed } == asked)
        #expect(stage.probes == [stage.parts[asker].endpoint], "this node dials once, and remembers")
    }

    /// However many ask, only so many questions are passed on at once.
    @Test func questionsPassedOnAreBounded() {
        var stage = ConfirmationStories.stage(seed: 90) { _ in .refused(.busy, retryAfterSeconds: 0) }
        stage.answersProbes = true
        let askers = (0..<48).map { _ in stage.addPart(as: .client) }
        func question(_ asker: Int) -> Request { .confirm(stage.parts[asker].key, at: stage.parts[asker].endpoint) }
        for asker in askers {
            stage.ask(.ping, from: asker)
            stage.ask(question(asker), from: asker)
            stage.run(for: .milliseconds(65))
        }
        let answers = askers.map { stage.answer(to: question($0), from: $0) }
        #expect(answers.count { $0 == .refused(.busy, retryAfterSeconds: 0) } == Limits.questionsPassed)
        #expect(answers.count { $0 == .refused(.busy, retryAfterSeconds: Limits.retryAfterBusy) } == 16)
    }

    /// Who doesn't even answer this node is out of reach of others as well.
    @Test func aDialWithoutAnAnswerIsPassedOnToNobody() {
        var stage = ConfirmationStories.stage(seed: 88) { _ in .reached }
        let asker = stage.addPart(as: .client)
        let question = Request.confirm(stage.parts[asker].key, at: stage.parts[asker].endpoint)
        stage.ask(.ping, from: asker)
        stage.ask(question, from: asker)
        stage.run(for: .seconds(2))
        let again = stage.ask(question, from: asker)
        #expect(stage.parts[asker].answers[again] == .refused(.notFound, retryAfterSeconds: 0))
        #expect(stage.parts.allSatisfy { $0.passed == 0 })
        #expect(stage.probes.count == Limits.probeSends)
    }

    /// Asked about a stranger, a node says that it reaches it only if nothing has come from there lately; and it asks nobody.
    @Test(arguments: ["nothing", "request", "hello", "answer to a dial"])
    func onlyWhoHasHeardNothingFromAHostSaysThatStrangersReachIt(heard: String) {
        var stage = ConfirmationStories.stage(seed: 89) { _ in .reached }
        stage.answersProbes = true
        let asker = stage.addPart(as: .client)
        let stranger = stage.addPart(as: .client)
        let other = stage.addPart(at: stage.parts[stranger].endpoint.with(port: 4_242), as: .client)
        stage.ask(.ping, from: asker)
        stage.run(for: .seconds(1))
        switch heard {
        case "request": stage.ask(.ping, from: stranger)
        case "hello": stage.greet(from: stranger)
        case "answer to a dial":
            stage.ask(.confirm(stage.parts[other].key, at: stage.parts[other].endpoint), from: asker)
        default: break
        }
        func ask() -> Response? {
            let question = Request.confirm(
                stage.parts[stranger].key, at: stage.parts[stranger].endpoint, asStranger: true)
            // Over a session that may have to be opened and proved first.
            for _ in 0..<2 {
                stage.ask(question, from: asker)
                stage.run(for: .seconds(2))
            }
            return stage.answer(to: question, from: asker)
        }
        let unable = Response.refused(.busy, retryAfterSeconds: Limits.retryAfterBusy)
        #expect(ask() == (heard == "nothing" ? .reached : unable))
        // Of somebody else it says what it found: the question isn't of a stranger.
        let plain = Request.confirm(stage.parts[stranger].key, at: stage.parts[stranger].endpoint)
        #expect(stage.answer(to: plain, from: asker) == .reached)
        // When a NAT has forgotten, the node has as well.
        stage.run(for: Limits.natMemory * 2)
        #expect(ask() == .reached)
        #expect(stage.parts.allSatisfy { $0.passed == 0 })
    }

    /// What is near this node is nobody's business who is not.
    @Test(arguments: ["10.0.0.1:7337", "192.168.1.1:53", "127.0.0.1:7337", "169.254.169.254:80", "[::1]:7337"])
    func nothingNearByIsDialledForStrangers(text: String) throws {
        var stage = Stage(servers: 1, seed: 85)
        let asker = stage.addPart()
        stage.ask(.ping, from: asker)
        stage.run(for: .seconds(1))
        let question = stage.ask(.confirm(stage.parts[0].key, at: try #require(Endpoint(text))), from: asker)
        stage.run(for: .seconds(5))
        #expect(stage.parts[asker].answers[question] == .refused(.invalid, retryAfterSeconds: 0))
        #expect(stage.probes.isEmpty)
    }

    /// A question in a handshake may be a replay from an address that never asked: only its repetition makes a node dial.
    @Test func aQuestionWithoutProofOfAddressIsAnsweredButDialsNobody() {
        var stage = Stage(servers: 1, seed: 86)
        let asker = stage.addPart()
        let endpoint = Endpoint(ipv4: 0x4000_0001, port: 7_337)
        let question = stage.ask(.confirm(stage.parts[0].key, at: endpoint), from: asker)
        stage.run(for: .seconds(5))
        #expect(stage.parts[asker].answers[question] == .refused(.busy, retryAfterSeconds: 0))
        #expect(stage.probes.isEmpty)
        stage.ask(.confirm(stage.parts[0].key, at: endpoint), from: asker)
        stage.run(for: .seconds(5))
        #expect(stage.probes == [endpoint, endpoint, endpoint])
        let again = stage.ask(.confirm(stage.parts[0].key, at: endpoint), from: asker)
        stage.run(for: .seconds(5))
        #expect(stage.parts[asker].answers[again] == .refused(.notFound, retryAfterSeconds: 0))
        #expect(stage.probes == [endpoint, endpoint, endpoint], "what was found is remembered")
    }
}
