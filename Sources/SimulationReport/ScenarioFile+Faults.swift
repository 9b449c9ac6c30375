import Basics
import Simulation

/// Faults in a file: a time, and one kind with its figures.
extension ScenarioFile {
    static func json(_ fault: Fault) -> JSONValue {
        var members = [JSONValue.Member("at", json(fault.at)), json(fault.kind)]
        if let among = fault.among { members.append(.init("among", .string(among.rawValue))) }
        return .object(members)
    }

    private static func json(_ kind: Fault.Kind) -> JSONValue.Member {
        func member(_ name: String, _ share: Double, _ others: JSONValue.Member...) -> JSONValue.Member {
            .init(name, .object([.init("share", JSONValue(share))] + others))
        }
        func lasting(_ duration: Duration) -> JSONValue.Member { .init("lasting", json(duration)) }
        return switch kind {
        case .stop(let share): member("stop", share)
        case .crash(let share, let back, let keepsDisk):
            member("crash", share, .init("back", json(back)), .init("keepsDisk", .bool(keepsDisk)))
        case .partition(let share, let duration): member("partition", share, lasting(duration))
        case .clockJump(let share, let seconds):
            member("clockJump", share, .init("seconds", JSONValue(seconds)))
        case .slowDisk(let share, let delay, let duration):
            member("slowDisk", share, .init("delay", json(delay)), lasting(duration))
        case .fullDisk(let share, let duration): member("fullDisk", share, lasting(duration))
        }
    }

    // MARK: Reading

    /// Names of all kinds.
    private static let kinds = ["stop", "crash", "partition", "clockJump", "slowDisk", "fullDisk"]
    private static var kindsSentence: String { kinds.dropLast().joined(separator: ", ") + " and " + (kinds.last ?? "") }

    static func faults(_ values: [JSONValue]) throws(ScenarioFileError) -> [Fault] {
        var faults: [Fault] = []
        for (index, value) in values.enumerated() { faults.append(try fault(Fields(value, at: "faults[\(index)]"))) }
        return faults
    }

    private static func fault(_ fields: Fields) throws(ScenarioFileError) -> Fault {
        var fields = fields
        let at = try fields.required(fields.duration("at"), "at")
        var found: [Fault.Kind] = []
        for name in kinds {
            if let details = try fields.fields(name) { found.append(try kind(name, details)) }
        }
        var fault = found.first.map { Fault(at: at, $0) }
        let all = Fault.Struck.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
        if let text = try fields.string("among", such: all) {
            guard let among = Fault.Struck(rawValue: text) else {
                throw ScenarioFileError("\(fields.name(of: "among")) is \(all).")
            }
            fault?.among = among
        }
        try fields.end("at, among, and one of \(kindsSentence)")
        guard let fault, found.count == 1 else {
            throw ScenarioFileError("\(fields.name(of: "at")) stands beside exactly one of \(kindsSentence).")
        }
        return fault
    }

    private static func kind(_ name: String, _ fields: Fields) throws(ScenarioFileError) -> Fault.Kind {
        var fields = fields
        let share = try fields.required(fields.number("share"), "share")
        func needed(_ name: String) throws(ScenarioFileError) -> Duration {
            try fields.required(fields.duration(name), name)
        }
        let kind: Fault.Kind
        let known: String
        switch name {
        case "stop": (kind, known) = (.stop(share: share), "share")
        case "crash":
            let back = try needed("back")
            kind = .crash(share: share, back: back, keepsDisk: try fields.bool("keepsDisk") ?? true)
            known = "share, back and keepsDisk"
        case "clockJump":
            kind = .clockJump(share: share, seconds: try fields.required(fields.integer("seconds"), "seconds"))
            known = "share and seconds"
        case "slowDisk":
            kind = .slowDisk(share: share, delay: try needed("delay"), lasting: try needed("lasting"))
            known = "share, delay and lasting"
        case "fullDisk": (kind, known) = (.fullDisk(share: share, lasting: try needed("lasting")), "share and lasting")
        default: (kind, known) = (.partition(share: share, lasting: try needed("lasting")), "share and lasting")
        }
        try fields.end(known)
        return kind
    }
}
