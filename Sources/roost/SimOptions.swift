import ArgumentParser
import Cryptography
import Platform
import Simulation
import SimulationReport

/// The options of `roost sim` about the network, the work and the faults.
///
/// Values may begin with a minus sign, so that the error is about the value and doesn't say that it is missing.
struct SimOptions: ParsableArguments {
    @Option(
        parsing: .unconditional, help: "A built-in scenario to start from; --list shows them.",
        completion: .list(Scenario.builtIn.map(\.name)))
    var scenario: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("A scenario file to start from.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var replay: String?

    @Option(parsing: .unconditional, help: "Where all chance comes from (default: drawn, and printed).")
    var seed: UInt64?

    @Option(parsing: .unconditional, help: "Relaying nodes, which come and go for good (default: 200).")
    var nodes: Int?

    @Option(
        name: .customLong("k"), parsing: .unconditional,
        help: ArgumentHelp(
            "Contacts of a bucket, and nodes that keep a mailbox, from 4 to 20 (default: 20).", valueName: "k"))
    var bucketSize: Int?

    @Option(
        parsing: .unconditional, help: "People, on nodes of their own, who never vanish (default: a tenth of nodes).")
    var peers: Int?

    @Option(
        parsing: .unconditional, help: "How long it runs once the network has formed, such as 6 or 0.5 (default: 2).",
        transform: SimOptions.hours)
    var hours: Duration?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "In how long half of the nodes leave, replaced by new ones, such as 1h; or never (default).",
            valueName: "duration"), transform: SimOptions.halfLife)
    var halfLife: HalfLife?

    @Option(parsing: .unconditional, help: "How long nodes stay: exponential or weibull (most of them young).")
    var churnLaw: Law?

    @Option(parsing: .unconditional, help: ArgumentHelp("Share of datagrams lost, such as 0.1.", valueName: "share"))
    var loss: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "One-way delays, from the closest to the farthest (default: 20ms..200ms).", valueName: "range"),
        transform: SimOptions.latency)
    var latency: ClosedRange<Duration>?

    @Flag(help: "Make the tables of all nodes directly, as if they had joined hours ago, instead of having them join.")
    var settled = false

    @Option(parsing: .unconditional, help: "Messages that people write to each other (default: 200).")
    var messages: Int?

    @Option(parsing: .unconditional, help: "Lookups of random points (default: 200).")
    var lookups: Int?

    @Option(parsing: .unconditional, help: "Messages to one person, from all others at once (default: 0).")
    var flood: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Share of the time for which people are away (default: 0.5).", valueName: "share"))
    var offline: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Share of people who leave for good once their mail is stored.", valueName: "share"))
    var leavers: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Share of nodes that strangers can't reach, such as 0.2.", valueName: "share"))
    var hidden: Double?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A share of nodes stops for good: 0.5@1h. Repeatable, as the next three.", valueName: "share@time"),
        transform: SimOptions.stop)
    var stop: [Fault] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A share of everybody is cut off for a time: 0.3@1h+30min.", valueName: "share@time+duration"),
        transform: SimOptions.partition)
    var partition: [Fault] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A share of nodes crashes, and is back after a time: 0.2@1h+5min.", valueName: "share@time+duration"),
        transform: { try SimOptions.crash($0, keepsDisk: true) })
    var crash: [Fault] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("The same, and their disks are lost: 0.1@1h+5min.", valueName: "share@time+duration"),
        transform: { try SimOptions.crash($0, keepsDisk: false) })
    var wipe: [Fault] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Share of nodes that drop deposits and name false contacts.", valueName: "share"))
    var liars: Double?

    @Flag(help: "Have the code take rare paths now and then that it may take at any time.")
    var buggify = false

    @Option(
        parsing: .unconditional, help: "Public-key cryptography: real, or cheap, which only has its shape (default).")
    var cipher: Cipher?

    enum Law: String, ExpressibleByArgument, CaseIterable { case exponential, weibull }
    enum Cipher: String, ExpressibleByArgument, CaseIterable { case real, cheap }
    enum HalfLife {
        case never
        case after(Duration)
    }
}

// MARK: The scenario

extension SimOptions {
    /// What is run if no option says what happens.
    static let plain = "blackout"

    /// The scenario that the options describe. Draws a seed where none is named.
    func makeScenario() throws(Failure) -> Scenario {
        if scenario != nil && replay != nil {
            throw Failure(.usage, "Name a --scenario or a file to --replay, not both.")
        }
        var made = try named() ?? (saysNothing ? Scenario.named(SimOptions.plain) : nil) ?? calm
        // Seeds of files and of scenarios are theirs; a small one is easier to type again.
        if let seed { made.seed = seed } else if replay == nil { made.seed = .random(in: 1...999_999_999) }
        try apply(to: &made)
        if let problem = made.problem { throw Failure(.usage, problem) }
        return made
    }

    /// No option says what happens.
    private var saysNothing: Bool {
        nodes == nil && bucketSize == nil && peers == nil && hours == nil && halfLife == nil && churnLaw == nil
            && loss == nil
            && latency == nil && messages == nil && lookups == nil && flood == nil && offline == nil && hidden == nil
            && leavers == nil && stop.isEmpty && partition.isEmpty && crash.isEmpty && wipe.isEmpty && liars == nil
            && cipher == nil && !settled
    }

    /// No option but the seed is given.
    var areDefaults: Bool { saysNothing && !buggify && scenario == nil && replay == nil }

    private func named() throws(Failure) -> Scenario? {
        if let replay { return try SimFiles.scenario(replay) }
        guard let scenario else { return nil }
        guard let known = Scenario.named(scenario) else {
            let names = Scenario.builtIn.map(\.name).joined(separator: ", ")
            throw Failure(.usage, "There is no scenario “\(scenario)”: there are \(names).")
        }
        return known
    }

    /// A network in which nothing goes wrong except what further options say.
    private var calm: Scenario {
        var made = Scenario()
        made.nodes = nodes ?? 200
        made.duration = .seconds(2 * 3_600)
        let asked = (messages ?? 0) > 0 || (flood ?? 0) > 0
        made.peers = peers ?? (asked ? max(2, made.nodes / 10) : made.nodes / 10)
        made.messages = made.peers >= 2 ? 200 : 0
        made.lookups = 200
        return made
    }

    private func apply(to made: inout Scenario) throws(Failure) {
        if let nodes { made.nodes = nodes }
        if let bucketSize { made.bucketSize = bucketSize }
        if let peers { made.peers = peers }
        if let hours { made.duration = hours }
        switch halfLife {
        case nil: break
        case .never: made.churn = nil
        case .after(let time): made.churn = Churn(halfLife: time, law: made.churn?.law ?? .exponential)
        }
        if let churnLaw {
            guard made.churn != nil else { throw Failure(.usage, "--churn-law needs a --half-life beside it.") }
            made.churn?.law = churnLaw == .weibull ? .weibull : .exponential
        }
        if let loss { made.link.loss = loss }
        if let latency { made.link.latency = latency }
        if let messages { made.messages = messages }
        if let lookups { made.lookups = lookups }
        if let flood { made.flood = flood }
        if let offline { made.offline = offline }
        if let hidden { made.hidden = hidden }
        if let leavers { made.leavers = leavers }
        made.faults += stop + partition + crash + wipe
        if let liars {
            if made.liars == nil { made.liars = Liars(share: liars) }
            made.liars?.share = liars
        }
        if buggify { made.buggifies = true }
        if settled { made.isSettled = true }
        if let cipher { made.suite = cipher == .real ? .repeatable : .cheap }
    }
}

extension Scenario {
    /// The built-in scenario of this name.
    static func named(_ name: String) -> Scenario? { builtIn.first { $0.name == name }?.scenario }
}

// MARK: Values

extension SimOptions {
    @Sendable private static func hours(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text + "h") else {
            throw ValidationError("Hours are a number such as 6 or 0.5.")
        }
        return duration
    }

    @Sendable private static func halfLife(_ text: String) throws -> HalfLife {
        if text == "never" { return .never }
        guard let duration = DurationText.parse(text) else {
            throw ValidationError("A half-life is a duration such as 90s, 15min or 1h, or never.")
        }
        return .after(duration)
    }

    @Sendable private static func latency(_ text: String) throws -> ClosedRange<Duration> {
        guard let latency = ScenarioFile.latency(text) else {
            throw ValidationError("Latencies are a range such as 20ms..200ms, the smaller first.")
        }
        return latency
    }

    @Sendable private static func stop(_ text: String) throws -> Fault {
        guard let strike = FaultText.parse(text), strike.lasting == nil else {
            throw ValidationError("It is a share from 0 to 1 and a time, such as 0.5@1h.")
        }
        return Fault(at: strike.at, .stop(share: strike.share))
    }

    @Sendable private static func partition(_ text: String) throws -> Fault {
        let (strike, lasting) = try lastingStrike(text)
        return Fault(at: strike.at, .partition(share: strike.share, lasting: lasting))
    }

    @Sendable private static func crash(_ text: String, keepsDisk: Bool) throws -> Fault {
        let (strike, lasting) = try lastingStrike(text)
        return Fault(at: strike.at, .crash(share: strike.share, back: lasting, keepsDisk: keepsDisk))
    }

    private static func lastingStrike(_ text: String) throws -> (FaultText.Strike, Duration) {
        guard let strike = FaultText.parse(text), let lasting = strike.lasting else {
            throw ValidationError("It is a share from 0 to 1, a time and a duration, such as 0.3@1h+30min.")
        }
        return (strike, lasting)
    }
}
