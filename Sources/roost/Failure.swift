import ControlAPI
import Platform

/// The end of a command that could not do what it was asked to.
struct Failure: Error, Equatable {
    var status: ExitStatus
    /// What happened, and what to do. Empty if there is no reader.
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

    /// Prints the sentence and ends the process.
    func end() -> Never {
        if !sentence.isEmpty { Terminal.news("roost: \(sentence)") }
        exit(status.rawValue)
    }
}
