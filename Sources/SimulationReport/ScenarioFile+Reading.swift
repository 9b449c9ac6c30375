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
        if let seconds: Int64 = try fields.integer("startTime") { scenario.startTime = UnixTime(seconds: seconds) }
        scenario.nodes = try fields.integer("nodes") ?? scenario.nodes
        scenario.bucketSize = try fields.integer("k") ?? scenario.bucketSize
        scenario.repairInterval = fields.isNull("repair") ? nil : try fields.duration("repair")
        scenario.peers = try fields.integer("peers") ?? scenario.peers
        scenario.isSettled = try fields.bool("settled") ?? scenario.isSettled
        scenario.settling = try fields.duration("settling") ?? scenario.settling
        scenario.duration = try fields.duration("duration") ?? scenario.duration
        scenario.healing = try fields.duration("healing") ?? scenario.healing
        if let churn = try fields.fields("churn") { scenario.churn = try Self.churn(churn) }
        if let link = try fields.fields("link") { scenario.link = try Self.link(link) }
        scenario.uplink = fields.isNull("uplink") ? nil : try fields.integer("uplink")
        scenario.hidden = try fields.number("hidden") ?? scenario.hidden
        scenario.nat = try natKind("nat", &fields) ?? scenario.nat
        scenario.nats = try nats(&fields)
        scenario.households = try fields.number("households") ?? scenario.households
        scenario.hasBootstrapNames = try fields.bool("bootstrapNames") ?? scenario.hasBootstrapNames
        scenario.endpoints = try endpoints(&fields) ?? scenario.endpoints
        if let liars = try fields.fields("liars") { scenario.liars = try Self.liars(liars) }
        scenario.messages = try fields.integer("messages") ?? scenario.messages
        scenario.leavers = try fields.number("leavers") ?? scenario.leavers
        scenario.flood = try fields.integer("flood") ?? scenario.flood
        if let strangers = try fields.fields("strangers") { scenario.strangers = try Self.strangers(strangers) }
        scenario.lookups = try fields.integer("lookups") ?? scenario.lookups
        scenario.offline = try fields.number("offline") ?? scenario.offline
        scenario.spell = try fields.duration("spell") ?? scenario.spell
        scenario.absences = try law("absences", &fields) ?? scenario.absences
        scenario.cancels = try fields.number("cancels") ?? scenario.cancels
        scenario.reads = try fields.number("reads") ?? scenario.reads
        scenario.deletes = try fields.number("deletes") ?? scenario.deletes
        scenario.hurries = try fields.bool("hurries") ?? scenario.hurries
        scenario.faults = try faults(fields.array("faults") ?? [])
        scenario.buggifies = try fields.bool("buggify") ?? scenario.buggifies
        let suites = "\"cheap\" or \"real\""
        switch try fields.string("suite", such: suites) {
        case nil, "cheap": scenario.suite = .cheap
        case "real": scenario.suite = .repeatable
        default: throw ScenarioFileError("suite is \(suites).")
        }
        try fields.end(
            "seed, startTime, nodes, k, repair, peers, settled, settling, duration, healing, churn, link, uplink, hidden, nat, "
                + "nats, households, bootstrapNames, endpoints, liars, messages, leavers, flood, strangers, lookups, offline, spell, absences, cancels, reads, deletes, hurries, faults, buggify and suite"
        )
        return scenario
    }

    private static func endpoints(_ fields: inout Fields) throws(ScenarioFileError) -> EndpointReaders? {
        let readers = EndpointReaders.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        guard let name = try fields.string("endpoints", such: "one of \(readers)") else { return nil }
        let named = EndpointReaders(rawValue: name)
        guard let named else { throw ScenarioFileError("endpoints is one of \(readers).") }
        return named
    }

    private static func churn(_ fields: Fields) throws(ScenarioFileError) -> Churn {
        var fields = fields
        var churn = Churn(halfLife: try fields.required(fields.duration("halfLife"), "halfLife"))
        churn.law = try law("law", &fields) ?? churn.law
        try fields.end("halfLife and law")
        return churn
    }

    private static func law(_ field: String, _ fields: inout Fields) throws(ScenarioFileError) -> Churn.Law? {
        let laws = "\"exponential\" or \"weibull\""
        switch try fields.string(field, such: laws) {
        case nil: return nil
        case "exponential": return .exponential
        case "weibull": return .weibull
        default: throw ScenarioFileError("\(fields.name(of: field)) is \(laws).")
        }
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

    private static func strangers(_ fields: Fields) throws(ScenarioFileError) -> Strangers {
        var fields = fields
        var strangers = Strangers(envelopes: try fields.required(fields.integer("envelopes"), "envelopes"))
        strangers.size = try fields.integer("size") ?? strangers.size
        try fields.end("envelopes and size")
        return strangers
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
}
