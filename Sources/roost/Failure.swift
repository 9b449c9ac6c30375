import ControlAPI
import Foundation

/// How the program ends: the codes of sysexits.h, as scripts may rely on.
enum ExitStatus: Int32 {
    case usage = 64
    /// A mistyped ID; a text that is not UTF-8 or too long.
    case badInput = 65
    case unknownName = 67
    /// The daemon is not running, or can't be reached.
    case unavailable = 69
    case cannotCreate = 73
    case inputOutput = 74
    /// Accepted, but not there yet.
    case notYet = 75
    /// Failed for good.
    case failed = 76
    case notPermitted = 77
    case badConfiguration = 78
}

/// The end of a command that could not do what it was asked to.
struct Failure: Error, Equatable {
    var status: ExitStatus
    /// What happened, and what to do. Empty: nobody is there to read it.
    var sentence: String

    init(_ status: ExitStatus, _ sentence: String) {
        self.status = status
        self.sentence = sentence
    }

    init(_ error: ControlError) {
        let status: ExitStatus =
            switch error.code {
            case .badRequest, .badInput, .tooLarge, .notFound: .badInput
            case .conflict: .failed
            case .full: .cannotCreate
            case .storage, .internalError: .inputOutput
            case .unavailable, .unreachable, .interrupted: .unavailable
            case .notPermitted: .notPermitted
            }
        self.init(status, error.message)
    }

    /// Says the sentence and ends the process.
    func end() -> Never {
        if !sentence.isEmpty { Terminal.news("roost: \(sentence)") }
        exit(status.rawValue)
    }
}

extension ControlError {
    /// Whether the daemon has ended, or is about to.
    var isOfDaemonsEnd: Bool { code == .unreachable || code == .interrupted || code == .unavailable }
}
