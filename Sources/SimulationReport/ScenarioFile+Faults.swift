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
        .init(kind.name, .object([.init("share", JSONValue(kind.share))] + details(of: kind)))
    }

    private static func details(of kind: Fault.Kind) -> [JSONValue.Member] {
        func lasting(_ duration: Duration) -> JSONValue.Member { .init("lasting", json(duration)) }
        func back(_ duration: Duration) -> JSONValue.Member { .init("back", json(duration)) }
        return switch kind {
        case .stop, .rebind: []
        case .crash(_, let duration, let keepsDisk): [back(duration), .init("keepsDisk", .bool(keepsDisk))]
        case .failedCommit(_, let duration), .tornCommit(_, let duration): [back(duration)]
        case .clockJump(_, let seconds): [.init("seconds", JSONValue(seconds))]
        case .damage(_, let values): [.init("values", JSONValue(values))]
        case .move(_, let isNoticed): [.init("isNoticed", .bool(isNoticed))]
        case .slowDisk(_, let delay, let duration): [.init("delay", json(delay)), lasting(duration)]
        case .drift(_, let millionths, let duration): [.init("millionths", JSONValue(millionths)), lasting(duration)]
        case .timerDrift(_, let millionths, let duration):
            [.init("millionths", JSONValue(millionths)), lasting(duration)]
        case .secondCopy(_, let duration, let copiesDirectory):
            [.init("copiesDirectory", .bool(copiesDirectory)), lasting(duration)]
        case .replay(_, let later, let duration): [.init("later", json(later)), lasting(duration)]
        case .mtuHole(_, let bytes, let duration): [.init("bytes", JSONValue(bytes)), lasting(duration)]
        case .partition(_, let duration), .fullDisk(_, let duration), .oneWay(_, let duration),
            .pause(_, let duration), .bitErrors(_, let duration), .networkLoss(_, let duration),
            .restore(_, let duration):
            [lasting(duration)]
        }
    }

    // MARK: Reading

    /// Names of all kinds.
    private static let kinds = [
        "stop", "crash", "partition", "clockJump", "slowDisk", "fullDisk", "failedCommit", "tornCommit", "damage",
        "oneWay", "pause", "drift", "bitErrors", "replay", "mtuHole", "move", "networkLoss", "restore", "timerDrift",
        "secondCopy", "rebind",
    ]
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
        func number(_ name: String) throws(ScenarioFileError) -> Int64 {
            try fields.required(fields.integer(name), name)
        }
        let kind: Fault.Kind
        var known = "share and lasting"
        switch name {
        case "stop": (kind, known) = (.stop(share: share), "share")
        case "rebind": (kind, known) = (.rebind(share: share), "share")
        case "crash":
            let back = try needed("back")
            kind = .crash(share: share, back: back, keepsDisk: try fields.bool("keepsDisk") ?? true)
            known = "share, back and keepsDisk"
        case "failedCommit":
            (kind, known) = (.failedCommit(share: share, back: try needed("back")), "share and back")
        case "tornCommit": (kind, known) = (.tornCommit(share: share, back: try needed("back")), "share and back")
        case "clockJump":
            (kind, known) = (.clockJump(share: share, seconds: try number("seconds")), "share and seconds")
        case "damage":
            (kind, known) = (.damage(share: share, values: Int(try number("values"))), "share and values")
        case "move":
            (kind, known) = (
                .move(share: share, isNoticed: try fields.bool("isNoticed") ?? true), "share and isNoticed"
            )
        case "slowDisk":
            kind = .slowDisk(share: share, delay: try needed("delay"), lasting: try needed("lasting"))
            known = "share, delay and lasting"
        case "drift":
            kind = .drift(share: share, millionths: try number("millionths"), lasting: try needed("lasting"))
            known = "share, millionths and lasting"
        case "timerDrift":
            kind = .timerDrift(share: share, millionths: try number("millionths"), lasting: try needed("lasting"))
            known = "share, millionths and lasting"
        case "secondCopy":
            let copies = try fields.bool("copiesDirectory") ?? true
            kind = .secondCopy(share: share, lasting: try needed("lasting"), copiesDirectory: copies)
            known = "share, copiesDirectory and lasting"
        case "replay":
            kind = .replay(share: share, later: try needed("later"), lasting: try needed("lasting"))
            known = "share, later and lasting"
        case "mtuHole":
            kind = .mtuHole(share: share, bytes: Int(try number("bytes")), lasting: try needed("lasting"))
            known = "share, bytes and lasting"
        case "fullDisk": kind = .fullDisk(share: share, lasting: try needed("lasting"))
        case "oneWay": kind = .oneWay(share: share, lasting: try needed("lasting"))
        case "pause": kind = .pause(share: share, lasting: try needed("lasting"))
        case "bitErrors": kind = .bitErrors(share: share, lasting: try needed("lasting"))
        case "networkLoss": kind = .networkLoss(share: share, lasting: try needed("lasting"))
        case "restore": kind = .restore(share: share, lasting: try needed("lasting"))
        default: kind = .partition(share: share, lasting: try needed("lasting"))
        }
        try fields.end(known)
        return kind
    }
}
