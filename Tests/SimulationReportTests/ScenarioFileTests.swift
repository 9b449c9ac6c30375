import Basics
import Cryptography
import Foundation
import Simulation
import SimulationReport
import Testing

struct ScenarioFileTests {
    private func read(_ text: String) throws(ScenarioFileError) -> Scenario {
        try ScenarioFile.scenario(from: Data(text.utf8))
    }

    private func problem(_ text: String) -> String? {
        do throws(ScenarioFileError) {
            _ = try read(text)
            return nil
        } catch {
            return error.sentence
        }
    }

    @Test(arguments: Scenario.builtIn.map(\.name))
    func builtInScenariosReadAsTheyWereWritten(name: String) throws {
        let scenario = try #require(Scenario.builtIn.first { $0.name == name }?.scenario)
        let json = ScenarioFile.json(scenario)
        #expect(try read(json.lines) == scenario)
        #expect(try read(json.line) == scenario)
    }

    @Test func everyFieldReadsAsItWasWritten() throws {
        var scenario = Scenario()
        scenario.seed = .max
        scenario.nodes = 7
        scenario.peers = 3
        scenario.bucketSize = 12
        scenario.settling = .seconds(60)
        scenario.duration = .seconds(7_200)
        scenario.healing = .seconds(30)
        scenario.churn = Churn(halfLife: .seconds(90), law: .weibull)
        scenario.link = LinkModel(latency: .microseconds(1)...(.seconds(1)), jitter: 0.3, loss: 1.0 / 3, duplication: 1)
        scenario.uplink = 100_000
        (scenario.hidden, scenario.nat) = (0.2, .addressRestricted)
        var own = NATKind(mapping: .addressDependent, filtering: .address, ports: .step(4))
        (own.unanswered, own.answered, own.absolute) = (.seconds(20), .seconds(65), .seconds(60))
        (own.isRefreshedByInput, own.hairpins, own.blocksUnsolicited, own.isCarriers) = (false, true, true, true)
        let usual = NATKind.usual.map { NATShare($0.name, $0.kind, 0.1) }
        scenario.nats = (usual + [NATShare("a carrier's", own, 0.1)]).sorted { $0.name < $1.name }
        scenario.households = 0.3
        scenario.hasBootstrapNames = false
        scenario.leavers = 0.1
        scenario.liars = Liars(share: 0.1, lies: Set(Liars.Lie.allCases))
        (scenario.messages, scenario.flood, scenario.lookups) = (1, 2, 3)
        scenario.strangers = Strangers(envelopes: 5, size: 8_192)
        scenario.offline = 0.99
        scenario.spell = .seconds(61)
        scenario.startTime = UnixTime(seconds: 1_800_000_001)
        scenario.absences = .weibull
        (scenario.cancels, scenario.reads, scenario.deletes, scenario.hurries) = (0.1, 0.2, 0.3, true)
        scenario.suite = .repeatable
        scenario.buggifies = true
        scenario.faults = [
            Fault(at: .zero, .stop(share: 0.5)),
            Fault(at: .seconds(1), .crash(share: 0.1, back: .seconds(2), keepsDisk: false)),
            Fault(at: .seconds(2), .partition(share: 0.2, lasting: .seconds(3))),
            Fault(at: .seconds(3), .clockJump(share: 0.3, seconds: -86_400)),
            Fault(at: .seconds(4), .slowDisk(share: 0.4, delay: .milliseconds(5), lasting: .seconds(6))),
            Fault(at: .seconds(5), .rebind(share: 0.3), among: .people),
            Fault(at: .seconds(5), .fullDisk(share: 1, lasting: .seconds(7)), among: .people),
            Fault(at: .seconds(6), .crash(share: 1, back: .seconds(1), keepsDisk: true), among: .everybody),
            Fault(at: .seconds(7), .failedCommit(share: 0.1, back: .seconds(1)), among: .people),
            Fault(at: .seconds(8), .tornCommit(share: 0.2, back: .seconds(2))),
            Fault(at: .seconds(9), .damage(share: 0.3, values: 3)),
            Fault(at: .seconds(10), .oneWay(share: 0.4, lasting: .seconds(4))),
            Fault(at: .seconds(11), .pause(share: 0.5, lasting: .seconds(5))),
            Fault(at: .seconds(12), .drift(share: 0.6, millionths: -600, lasting: .seconds(6))),
            Fault(at: .seconds(13), .bitErrors(share: 0.7, lasting: .seconds(7))),
            Fault(at: .seconds(14), .replay(share: 0.8, later: .seconds(80), lasting: .seconds(8))),
            Fault(at: .seconds(15), .mtuHole(share: 0.9, bytes: 900, lasting: .seconds(9))),
            Fault(at: .seconds(16), .move(share: 0.1, isNoticed: false)),
            Fault(at: .seconds(17), .networkLoss(share: 0.2, lasting: .seconds(10))),
            Fault(at: .seconds(18), .restore(share: 0.3, lasting: .seconds(11))),
            Fault(at: .seconds(19), .timerDrift(share: 0.4, millionths: -5_000, lasting: .seconds(12))),
            Fault(at: .seconds(20), .secondCopy(share: 0.5, lasting: .seconds(13), copiesDirectory: false)),
        ]
        #expect(try read(ScenarioFile.json(scenario).lines) == scenario)
    }

    @Test func whatIsLeftOutHasItsDefault() throws {
        #expect(try read("{}") == Scenario())
        let some = try read(#"{"churn": null, "uplink": null, "liars": {"share": 0.5}, "peers": 0, "offline": 0}"#)
        #expect(some.liars == Liars(share: 0.5) && some.offline == 0 && some.nodes == Scenario().nodes)
    }

    /// It excludes others, so that it has a file of its own.
    @Test func settledReadsAsItWasWritten() throws {
        var scenario = Scenario()
        scenario.isSettled = true
        #expect(try read(ScenarioFile.json(scenario).lines) == scenario)
        #expect(problem(#"{"settled": true, "hidden": 0.1}"#)?.hasPrefix("In a settled network") == true)
    }

    @Test(arguments: [
        (#"{"node": 5}"#, "node "), (#"{"nodes": 5.5}"#, "nodes "), (#"{"nodes": "5"}"#, "nodes "),
        (#"{"nodes": true}"#, "nodes "), (#"{"nodes": null}"#, "nodes "), (#"{"nodes": 1e30}"#, "nodes "),
        (#"{"seed": -1}"#, "seed "), (#"{"duration": 3600}"#, "duration "), (#"{"duration": "1 hour"}"#, "duration "),
        (#"{"link": {"loss": "much"}}"#, "link.loss "), (#"{"link": {"latency": "2s..1s"}}"#, "link.latency "),
        (#"{"link": []}"#, "link "), (#"{"churn": {"law": "weibull"}}"#, "churn.halfLife "),
        (#"{"churn": {"halfLife": "1h", "law": "murphy"}}"#, "churn.law "), (#"{"suite": "rot13"}"#, "suite "),
        (#"{"liars": {"share": 0.1, "lies": ["all"]}}"#, "liars.lies "), (#"{"faults": {}}"#, "faults "),
        (#"{"nat": "conical"}"#, "nat "), (#"{"nat": {"mapping": "independent"}}"#, "nat.filtering "),
        (#"{"nat": {"mapping": "any", "filtering": "none"}}"#, "nat.mapping "),
        (#"{"nat": {"mapping": "none", "filtering": "none", "colour": 1}}"#, "nat.colour "),
        (#"{"nats": {"conical": 1}}"#, "nats.conical "), (#"{"nats": {"port": "all"}}"#, "nats.port "),
        (#"{"nats": {"port": 0.5}}"#, "The shares of nats "), (#"{"nats": 1}"#, "nats "),
        (#"{"nats": {"mine": {"mapping": "none", "filtering": "none"}}}"#, "nats.mine.share "),
        (#"{"absences": "murphy"}"#, "absences "), (#"{"startTime": "now"}"#, "startTime "),
        (#"{"startTime": 5}"#, "startTime "),
        (#"{"cancels": 2}"#, "cancels "), (#"{"hurries": 1}"#, "hurries "),
        (#"{"bootstrapNames": "dns"}"#, "bootstrapNames "), (#"{"endpoints": "friends"}"#, "endpoints "),
        (#"{"faults": [{"at": "1s", "stop": {"share": 1}, "among": "all"}]}"#, "faults[0].among "),
        (#"{"faults": [{"at": "1s", "stop": {"share": 1}, "among": "people"}]}"#, "Only nodes "),
        (#"{"faults": [{"at": "1s"}]}"#, "faults[0].at "), (#"{"faults": [{"stop": {"share": 1}}]}"#, "faults[0].at "),
        (#"{"faults": [{"at": "1s", "stop": {"share": 1, "back": "1s"}}]}"#, "faults[0].stop.back "),
        (#"{"faults": [{"at": "1s", "quake": {"share": 1}}]}"#, "faults[0].quake "),
        (
            #"{"faults": [{"at": "1s", "crash": {"share": 1, "back": "1s", "keepsDisk": 1}}]}"#,
            "faults[0].crash.keepsDisk "
        ),
        // Ranges are the scenario's own affair.
        (#"{"nodes": 0}"#, "A simulation has"), (#"{"offline": 1}"#, "offline "), (#"{"hidden": -0.1}"#, "hidden "),
        ("[]", "A scenario is"), ("", "It is not JSON"), ("{", "It is not JSON"),
    ])
    func whatIsWrongIsNamed(text: String, start: String) {
        let sentence = problem(text)
        #expect(sentence?.hasPrefix(start) == true && sentence?.hasSuffix(".") == true, "\(text): \(sentence ?? "nil")")
    }

    @Test func noInputBringsItDown() {
        let deep = String(repeating: #"{"link":"#, count: 100_000)
        #expect(problem(deep) != nil)
        #expect(
            problem(String(repeating: " ", count: ScenarioFile.maximumBytes + 1))
                == "A scenario has at most a mebibyte.")
    }
}
