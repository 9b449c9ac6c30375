import Basics

extension Scenario {
    /// The scenarios that come with the program, by name.
    public static let builtIn: [(name: String, about: String, scenario: Scenario)] = [
        ("quiet", "200 nodes that stay, 20 people, nothing goes wrong", quiet),
        ("churn", "500 nodes of which half leave every hour, 10 % loss, people away half of the time", churning),
        ("blackout", "half of all nodes stop at once while mail waits in them", blackout),
        ("partition", "a third is cut off for an hour, and comes back", split),
        ("crashes", "a third of all nodes crash and come back, some without their disks", crashes),
        ("liars", "a fifth of all nodes drop what they accept and name contacts that don't exist", lying),
        ("crowd", "fifteen nodes crowd around one person's mailbox and drop what comes", crowded),
        ("clocks", "clocks of a fifth of everybody jump by a day", clocks),
        ("disks", "disks are slow, and some full, for an hour", disks),
        ("stale", "nodes are away for an hour, come back with records of before, and hand them on", stale),
        ("full", "the disks of all relaying nodes are full for the last half hour", full),
        ("flood", "one person gets a thousand messages at once while away", flooded),
        ("hidden", "half of all nodes can't be reached by strangers", hiddenHalf),
        ("trouble", "50 nodes that crash, are cut off and replaced within an hour: also for real processes", trouble),
        ("swarm", "1,000 nodes with everything at once", swarm),
    ]

    private static func make(_ change: (inout Scenario) -> Void) -> Scenario {
        var scenario = Scenario()
        scenario.nodes = 200
        scenario.peers = 20
        scenario.messages = 200
        scenario.lookups = 200
        scenario.duration = .seconds(2 * 3_600)
        change(&scenario)
        return scenario
    }

    private static let quiet = make { _ in }
    private static let churning = make {
        $0.nodes = 500
        $0.peers = 50
        $0.messages = 500
        $0.duration = .seconds(6 * 3_600)
        $0.churn = Churn(halfLife: .seconds(3_600))
        $0.link.loss = 0.1
    }
    private static let blackout = make {
        $0.offline = 0.8
        $0.faults = [Fault(at: .seconds(3_600), .stop(share: 0.5))]
    }
    private static let split = make {
        $0.faults = [Fault(at: .seconds(1_800), .partition(share: 1.0 / 3, lasting: .seconds(3_600)))]
    }
    private static let crashes = make {
        $0.faults = [
            Fault(at: .seconds(1_800), .crash(share: 0.25, back: .seconds(300), keepsDisk: true)),
            Fault(at: .seconds(3_600), .crash(share: 0.1, back: .seconds(60), keepsDisk: false)),
        ]
    }
    private static let lying = make { $0.liars = Liars(share: 0.2) }
    private static let crowded = make { $0.liars = Liars(share: 0.075, lies: [.crowd, .dropDeposits]) }
    private static let clocks = make {
        $0.faults = [
            Fault(at: .seconds(1_800), .clockJump(share: 0.1, seconds: 86_400)),
            Fault(at: .seconds(3_600), .clockJump(share: 0.1, seconds: -86_400)),
        ]
    }
    private static let disks = make {
        $0.faults = [
            Fault(at: .seconds(1_800), .slowDisk(share: 0.5, delay: .seconds(5), lasting: .seconds(3_600))),
            Fault(at: .seconds(1_800), .fullDisk(share: 0.1, lasting: .seconds(3_600))),
        ]
    }
    private static let stale = make {
        $0.duration = .seconds(4 * 3_600)
        $0.spell = .seconds(600)
        $0.faults = [
            Fault(at: .seconds(600), .crash(share: 0.3, back: .seconds(3_600), keepsDisk: true)),
            Fault(at: .seconds(2 * 3_600), .crash(share: 0.3, back: .seconds(3_600), keepsDisk: true)),
        ]
    }
    private static let full = make {
        $0.offline = 0.8
        $0.faults = [Fault(at: .seconds(5_400), .fullDisk(share: 1, lasting: .seconds(1_800)))]
    }
    private static let flooded = make {
        $0.messages = 0
        $0.flood = 1_000
    }
    private static let hiddenHalf = make { $0.hidden = 0.5 }
    private static let trouble = make {
        $0.nodes = 50
        $0.peers = 10
        $0.messages = 100
        $0.lookups = 40
        $0.offline = 0.4
        $0.spell = .seconds(600)
        $0.settling = .seconds(600)
        $0.duration = .seconds(3_600)
        $0.churn = Churn(halfLife: .seconds(2 * 3_600))
        $0.link.loss = 0.02
        $0.faults = [
            Fault(at: .seconds(600), .crash(share: 0.2, back: .seconds(300), keepsDisk: true)),
            Fault(at: .seconds(1_200), .partition(share: 0.3, lasting: .seconds(600))),
            Fault(at: .seconds(2_100), .crash(share: 0.1, back: .seconds(120), keepsDisk: false)),
            Fault(at: .seconds(2_700), .stop(share: 0.2)),
        ]
    }
    private static let swarm = make {
        $0.nodes = 1_000
        $0.peers = 100
        $0.messages = 1_000
        $0.offline = 0.7
        $0.duration = .seconds(6 * 3_600)
        $0.churn = Churn(halfLife: .seconds(3_600), law: .weibull)
        $0.link.loss = 0.05
        $0.link.duplication = 0.01
        $0.hidden = 0.2
        $0.liars = Liars(share: 0.1)
        $0.faults = [
            Fault(at: .seconds(3_600), .partition(share: 0.2, lasting: .seconds(1_800))),
            Fault(at: .seconds(2 * 3_600), .crash(share: 0.1, back: .seconds(120), keepsDisk: true)),
            Fault(at: .seconds(3 * 3_600), .stop(share: 0.1)),
        ]
    }
}
