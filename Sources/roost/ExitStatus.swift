/// How the program ends: the codes of sysexits.h, as scripts may rely on.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case usage = 64
    /// A mistyped ID; a text that is empty, not UTF-8 or too long.
    case badInput = 65
    case unknownName = 67
    /// The daemon is not running, can't be reached, or doesn't answer.
    case unavailable = 69
    /// Something that is to be made can't be, or is there already.
    case cannotCreate = 73
    case inputOutput = 74
    /// Accepted, but not there yet.
    case notYet = 75
    /// Failed for good, or too late.
    case failed = 76
    case notPermitted = 77
    case badConfiguration = 78

    /// What it means in general, for people.
    var meaning: String {
        switch self {
        case .done: "done"
        case .usage: "the command line is wrong"
        case .badInput: "the input is wrong: a mistyped ID, a text that can't be sent, a damaged file"
        case .unknownName: "nobody in the address book has that name"
        case .unavailable: "the daemon isn't running, or doesn't answer"
        case .cannotCreate: "something can't be made, or is there already"
        case .inputOutput: "something can't be read or written"
        case .notYet: "accepted, but not there yet"
        case .failed: "failed for good, or too late"
        case .notPermitted: "not permitted, or a wrong passphrase"
        case .badConfiguration: "the data directory, a key or a setting is wrong"
        }
    }

    /// The part of a command's help that names its exit codes, a line each. `done`, `usage` and `inputOutput`, which every
    /// command has, are added.
    static func help(_ codes: [ExitStatus: String] = [:], _ others: ExitStatus...) -> String {
        let named = Set(codes.keys).union(others).union([.done, .usage, .inputOutput])
        return lines(named.map { ($0.rawValue, codes[$0] ?? $0.meaning) })
    }

    /// The same for a command whose codes are its own.
    static func lines(_ codes: [(code: Int32, meaning: String)]) -> String {
        let rows = codes.sorted { $0.code < $1.code }.map { code, meaning in
            "  \(code)\(String(repeating: " ", count: max(1, 5 - "\(code)".count)))\(meaning)"
        }
        return "EXIT CODES\n" + rows.joined(separator: "\n")
    }
}
