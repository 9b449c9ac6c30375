import Basics
import Cryptography
import Platform
import Simulation

extension ScenarioFile {
    /// Reads a scenario that can be run.
    public static func scenario(from data: Data) throws(ScenarioFileError) -> Scenario {
        guard data.count <= maximumBytes else { throw ScenarioFileError("A scenario has at most a mebibyte.") }
        guard let json = JSONValue(parsing: data) else { throw ScenarioFileError("It is not JSON.") }
        let scenario = try scenario(from: json)
        if let problem = scenario.problem { throw ScenarioFileError(problem) }
        return scenario
    }

    private static func scenario(from json: JSONValue) throws(ScenarioFileError) -> Scenario {
        var fields = try Fields(json, at: "")
        var scenario = Scenario()
        scenario.seed = try fields.integer("seed") ?? scenario.seed
        scenario.nodes = try fields.integer("nodes") ?? scenario.nodes
        scenario.peers = try fields.integer("peers") ?? scenario.peers
        scenario.settling = try fields.duration("settling") ?? scenario.settling
        scenario.duration = try fields.duration("duration") ?? scenario.duration
        scenario.healing = try fields.duration("healing") ?? scenario.healing
        if let churn = try fields.fields("churn") { scenario.churn = try Self.churn(churn) }
        if let link = try fields.fields("link") { scenario.link = try Self.link(link) }
        scenario.uplink = fields.isNull("uplink") ? nil : try fields.integer("uplink")
        scenario.hidden = try fields.number("hidden") ?? scenario.hidden
        if let liars = try fields.fields("liars") { scenario.liars = try Self.liars(liars) }
        scenario.messages = try fields.integer("messages") ?? scenario.messages
        scenario.flood = try fields.integer("flood") ?? scenario.flood
        scenario.lookups = try fields.integer("lookups") ?? scenario.lookups
        scenario.offline = try fields.number("offline") ?? scenario.offline
        scenario.spell = try fields.duration("spell") ?? scenario.spell
        scenario.faults = try faults(fields.array("faults") ?? [])
        let suites = "\"cheap\" or \"real\""
        switch try fields.string("suite", such: suites) {
        case nil, "cheap": scenario.suite = .cheap
        case "real": scenario.suite = .sodium
        default: throw ScenarioFileError("suite is \(suites).")
        }
        try fields.end(
            "seed, nodes, peers, settling, duration, healing, churn, link, uplink, hidden, liars, messages, flood, lookups, "
                + "offline, spell, faults and suite")
        return scenario
    }

    private static func churn(_ fields: Fields) throws(ScenarioFileError) -> Churn {
        var fields = fields
        var churn = Churn(halfLife: try fields.required(fields.duration("halfLife"), "halfLife"))
        let laws = "\"exponential\" or \"weibull\""
        switch try fields.string("law", such: laws) {
        case nil, "exponential": churn.law = .exponential
        case "weibull": churn.law = .weibull
        default: throw ScenarioFileError("\(fields.name(of: "law")) is \(laws).")
        }
        try fields.end("halfLife and law")
        return churn
    }

    private static func link(_ fields: Fields) throws(ScenarioFileError) -> LinkModel {
        var fields = fields
        var link = LinkModel()
        let sentence = "a range of durations such as \"20ms..200ms\", the smaller first"
        if let text = try fields.string("latency", such: sentence) {
            guard let latency = latency(text) else {
                throw ScenarioFileError("\(fields.name(of: "latency")) is \(sentence).")
            }
            link.latency = latency
        }
        link.jitter = try fields.number("jitter") ?? link.jitter
        link.loss = try fields.number("loss") ?? link.loss
        link.duplication = try fields.number("duplication") ?? link.duplication
        try fields.end("latency, jitter, loss and duplication")
        return link
    }

    private static func liars(_ fields: Fields) throws(ScenarioFileError) -> Liars {
        var fields = fields
        var liars = Liars(share: try fields.required(fields.number("share"), "share"))
        if let names = try fields.array("lies") {
            liars.lies = []
            for name in names {
                guard case .string(let text) = name, let lie = Liars.Lie(rawValue: text) else {
                    let all = Liars.Lie.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
                    throw ScenarioFileError("\(fields.name(of: "lies")) is a list of \(all).")
                }
                liars.lies.insert(lie)
            }
        }
        try fields.end("share and lies")
        return liars
    }

    // MARK: Faults

    private static func faults(_ values: [JSONValue]) throws(ScenarioFileError) -> [Fault] {
        var faults: [Fault] = []
        for (index, value) in values.enumerated() { faults.append(try fault(Fields(value, at: "faults[\(index)]"))) }
        return faults
    }

    private static func fault(_ fields: Fields) throws(ScenarioFileError) -> Fault {
        var fields = fields
        let at = try fields.required(fields.duration("at"), "at")
        var kinds: [Fault.Kind] = []
        for name in ["stop", "crash", "partition", "clockJump", "slowDisk", "fullDisk"] {
            if let details = try fields.fields(name) { kinds.append(try kind(name, details)) }
        }
        try fields.end("at, and one of stop, crash, partition, clockJump, slowDisk and fullDisk")
        guard kinds.count == 1 else {
            throw ScenarioFileError(
                "\(fields.name(of: "at")) stands beside exactly one of stop, crash, partition, clockJump, slowDisk and "
                    + "fullDisk.")
        }
        return Fault(at: at, kinds[0])
    }

    private static func kind(_ name: String, _ fields: Fields) throws(ScenarioFileError) -> Fault.Kind {
        var fields = fields
        let share = try fields.required(fields.number("share"), "share")
        let kind: Fault.Kind
        let known: String
        switch name {
        case "stop": (kind, known) = (.stop(share: share), "share")
        case "crash":
            let back = try fields.required(fields.duration("back"), "back")
            kind = .crash(share: share, back: back, keepsDisk: try fields.bool("keepsDisk") ?? true)
            known = "share, back and keepsDisk"
        case "clockJump":
            kind = .clockJump(share: share, seconds: try fields.required(fields.integer("seconds"), "seconds"))
            known = "share and seconds"
        default:
            let delay = name == "slowDisk" ? try fields.required(fields.duration("delay"), "delay") : .zero
            let lasting = try fields.required(fields.duration("lasting"), "lasting")
            switch name {
            case "slowDisk":
                (kind, known) = (.slowDisk(share: share, delay: delay, lasting: lasting), "share, delay and lasting")
            case "fullDisk": (kind, known) = (.fullDisk(share: share, lasting: lasting), "share and lasting")
            default: (kind, known) = (.partition(share: share, lasting: lasting), "share and lasting")
            }
        }
        try fields.end(known)
        return kind
    }
}
