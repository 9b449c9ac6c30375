import Basics
import Cryptography
import Platform
import Simulation

/// Scenarios as JSON files: the field names of `Scenario`, durations as text such as `"90s"`. What is left out has its
/// default; what is not known is refused.
public enum ScenarioFile {
    /// A file is larger only by mistake.
    public static let maximumBytes = 1 << 20

    /// The whole scenario, so that a later version with other defaults plays the same.
    public static func json(_ scenario: Scenario) -> JSONValue {
        .object([
            "seed": JSONValue(scenario.seed),
            "startTime": JSONValue(scenario.startTime.seconds),
            "nodes": JSONValue(scenario.nodes),
            "k": JSONValue(scenario.bucketSize),
            "repair": scenario.repairInterval.map(json) ?? .null,
            "peers": JSONValue(scenario.peers),
            "settled": .bool(scenario.isSettled),
            "settling": json(scenario.settling),
            "duration": json(scenario.duration),
            "healing": json(scenario.healing),
            "churn": scenario.churn.map(json) ?? .null,
            "link": .object([
                "latency": .string(latencyText(scenario.link.latency)),
                "jitter": JSONValue(scenario.link.jitter),
                "loss": JSONValue(scenario.link.loss),
                "duplication": JSONValue(scenario.link.duplication),
            ]),
            "uplink": scenario.uplink.map { JSONValue($0) } ?? .null,
            "hidden": JSONValue(scenario.hidden),
            "nat": json(scenario.nat),
            "nats": json(scenario.nats),
            "households": JSONValue(scenario.households),
            "bootstrapNames": .bool(scenario.hasBootstrapNames),
            "endpoints": .string(scenario.endpoints.rawValue),
            "liars": scenario.liars.map(json) ?? .null,
            "messages": JSONValue(scenario.messages),
            "leavers": JSONValue(scenario.leavers),
            "flood": JSONValue(scenario.flood),
            "strangers": scenario.strangers.map(json) ?? .null,
            "lookups": JSONValue(scenario.lookups),
            "offline": JSONValue(scenario.offline),
            "spell": json(scenario.spell),
            "absences": .string(name(of: scenario.absences)),
            "cancels": JSONValue(scenario.cancels),
            "reads": JSONValue(scenario.reads),
            "deletes": JSONValue(scenario.deletes),
            "hurries": .bool(scenario.hurries),
            "faults": .array(scenario.faults.map(json)),
            "buggify": .bool(scenario.buggifies),
            "suite": .string(name(of: scenario.suite)),
        ])
    }

    /// `20ms..200ms`.
    static func latencyText(_ latency: ClosedRange<Duration>) -> String {
        "\(DurationText.text(latency.lowerBound))..\(DurationText.text(latency.upperBound))"
    }

    /// Reads `20ms..200ms`, or one duration for all.
    public static func latency(_ text: String) -> ClosedRange<Duration>? {
        guard let dots = text.firstRange(of: "..") else { return DurationText.parse(text).map { $0...$0 } }
        guard let shortest = DurationText.parse(String(text[..<dots.lowerBound])),
            let longest = DurationText.parse(String(text[dots.upperBound...])), shortest <= longest
        else { return nil }
        return shortest...longest
    }

    static func name(of suite: CipherSuite) -> String {
        suite == .cheap ? "cheap" : "real"
    }

    static func name(of law: Churn.Law) -> String {
        switch law {
        case .exponential: "exponential"
        case .weibull: "weibull"
        }
    }

    static func json(_ duration: Duration) -> JSONValue { .string(DurationText.text(duration)) }

    private static func json(_ churn: Churn) -> JSONValue {
        .object(["halfLife": json(churn.halfLife), "law": .string(name(of: churn.law))])
    }

    private static func json(_ strangers: Strangers) -> JSONValue {
        .object(["envelopes": JSONValue(strangers.envelopes), "size": JSONValue(strangers.size)])
    }

    private static func json(_ liars: Liars) -> JSONValue {
        let lies = Liars.Lie.allCases.filter(liars.lies.contains)
        return .object(["share": JSONValue(liars.share), "lies": .array(lies.map { .string($0.rawValue) })])
    }
}
