/// What has become of a question that was passed to another node: whether a node that asks about itself is reached.
enum PassedQuestion: Equatable {
    case underWay
    case reached
    case denied
    /// No node could say: each has heard from it lately, or has no time; or there is none.
    case unanswered

    init(_ verdict: ReachVerdict) {
        switch verdict {
        case .reached: self = .reached
        case .denied: self = .denied
        case .undecided: self = .unanswered
        }
    }
}
