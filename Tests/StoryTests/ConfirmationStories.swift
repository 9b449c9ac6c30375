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
        let asked = stage.parts.reduce(0) { $0 + $1.confirms }
        for _ in 0..<20 {
            stage.ask(.ping, from: newcomer)
            stage.run(for: .seconds(10))
        }
        #expect(!stage.knows(newcomer))
        #expect(stage.parts.reduce(0) { $0 + $1.confirms } == asked)
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
        #expect(stage.probes.count <= spans * dials * 2, "a dial is two datagrams of 64 bytes")
        #expect(stage.probes.count >= dials * 2)
        print("\(stage.probes.count) dials for a thousand questions in \(stage.clock - start)")
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
        #expect(stage.probes == [endpoint, endpoint])
        let again = stage.ask(.confirm(stage.parts[0].key, at: endpoint), from: asker)
        stage.run(for: .seconds(5))
        #expect(stage.parts[asker].answers[again] == .refused(.notFound, retryAfterSeconds: 0))
        #expect(stage.probes == [endpoint, endpoint], "what was found is remembered")
    }
}
