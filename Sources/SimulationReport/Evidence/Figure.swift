import Platform

/// A figure by which runs are compared: where it is in a run's JSON, and how it is shown.
package struct Figure: Sendable {
    /// How its values are shown.
    enum Unit: Sendable {
        case share
        case seconds
        case bytes
        case bytesPerSecond
        case number
    }

    /// How often something happened of how many times it could have.
    struct Trials: Sendable {
        let part: [String]
        let all: [String]
    }

    /// Its name in JSON, and on the command line.
    package let id: String
    /// Its name for people.
    let name: String
    let unit: Unit
    /// Where its value is in a run's JSON; a share that is computed has `trials` instead.
    private let path: [String]
    /// Of a share: what it is computed of.
    let trials: Trials?

    private init(_ id: String, _ name: String, _ unit: Unit, _ path: String) {
        (self.id, self.name, self.unit) = (id, name, unit)
        self.path = path.split(separator: ".").map(String.init)
        trials = nil
    }

    private init(_ id: String, _ name: String, _ part: String, of all: String) {
        (self.id, self.name, unit, path) = (id, name, .share, [])
        trials = Trials(
            part: part.split(separator: ".").map(String.init), all: all.split(separator: ".").map(String.init))
    }

    /// All, the most important first.
    static let all: [Figure] = [
        Figure("delivered", "messages delivered", "messages.delivered", of: "messages.accepted"),
        Figure("lost", "messages lost", .number, "messages.lost"),
        Figure("duplicated", "messages delivered twice", .number, "messages.duplicated"),
        Figure("onlineLatencyP50", "latency if online, half within", .seconds, "messages.onlineLatencySecondsP50"),
        Figure("onlineLatencyP99", "latency if online, 99 % within", .seconds, "messages.onlineLatencySecondsP99"),
        Figure("latencyP50", "latency of all, half within", .seconds, "messages.latencySecondsP50"),
        Figure("latencyP99", "latency of all, 99 % within", .seconds, "messages.latencySecondsP99"),
        Figure("bytesPerMessage", "sent for each message", .bytes, "messages.bytesSentPerDelivered"),
        Figure("bytesStored", "stored for each waiting message", .bytes, "messages.bytesStoredPerMessage"),
        Figure("exact", "lookups that find exactly the closest", .share, "lookups.exact"),
        Figure("succeeded", "lookups that succeed", "lookups.succeeded", of: "lookups.count"),
        Figure(
            "firstRoundTrips", "round trips of a lookup, to the first of the closest", .number, "lookups.rttsFirstP50"),
        Figure("halfRoundTrips", "… to half of them", .number, "lookups.rttsQuorumP50"),
        Figure("allRoundTrips", "… to all of them", .number, "lookups.rttsAllP50"),
        Figure("requests", "requests of a lookup", .number, "lookups.rpcsMean"),
        Figure("idle", "traffic of an idle node", .bytesPerSecond, "traffic.idleBytesPerSecondPerNode"),
        Figure("traffic", "traffic of a node", .bytesPerSecond, "traffic.bytesPerSecondPerNodeP50"),
        Figure("memory", "memory of a node", .bytes, "bytesPerNode"),
        Figure("events", "events", .number, "events"),
    ]

    /// Its value in a run's JSON; nil where it was not measured.
    func value(in run: JSONValue) -> Double? {
        guard let trials else { return run[path]?.number }
        guard let part = run[trials.part]?.number, let all = run[trials.all]?.number, all > 0 else { return nil }
        return part / all
    }

    /// A value as people read it.
    func text(_ value: Double) -> String {
        switch unit {
        case .share: Figure.percent(value)
        case .seconds: Readable.time(.nanoseconds(Int64((min(value, 9e9) * 1e9).rounded())))
        case .bytes: Readable.bytes(value)
        case .bytesPerSecond: Readable.bytes(value) + "/s"
        case .number: Readable.number(value)
        }
    }

    /// More digits near 0 and 100 %, where shares differ least; 100 % only where it is all.
    private static func percent(_ share: Double) -> String {
        let percent = 100 * share
        if percent == 0 || percent == 100 { return "\(Int(percent)) %" }
        let isNearAnEnd = percent > 99 || percent < 1
        return Readable.fixed(min(max(percent, 0.01), 99.99), isNearAnEnd ? 2 : 1) + " %"
    }
}

extension JSONValue {
    /// The member at a path of names; nil where there is none.
    subscript(path: [String]) -> JSONValue? {
        var value = self
        for name in path {
            guard case .object(let members) = value, let member = members.first(where: { $0.name == name }) else {
                return nil
            }
            value = member.value
        }
        return value
    }

    /// The value of a number.
    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
