import Basics
import Conversations
import Exchange

/// What became of an envelope that was to be opened.
enum OpenOutcome {
    /// It is being made durable.
    case underWay
    /// It was taken in before and is durable.
    case done(Day)
    /// The person threw it away unopened, which is durable.
    case discarded(Day)
    /// It was sealed to a prekey that is held, and makes no sense; or it is past its time.
    case useless(Day)
    /// It can't be opened with what is held here, which proves nothing: it stays where it is. `isEvidence`: whether it comes from the
    /// mailbox and somebody accepted has signed it, so that one of the two may go on from an older copy of their data.
    case unopened(Day, isEvidence: Bool)
    /// It is past its time, or ahead of it, by a clock that may be wrong.
    case undated
    /// There is no room.
    case notNow

    /// Tells a direct sender to use the mailbox instead.
    static let refusal = DeliveryAnswer.refused(.nodeFull)

    /// What a sender that delivered it directly is told; nil: nothing yet. A sender that is refused takes the mailbox,
    /// where what can't be opened now may wait; or seals it anew.
    var answer: DeliveryAnswer? {
        switch self {
        case .underWay: nil
        case .done: .accepted
        case .notNow: OpenOutcome.refusal
        case .useless: .refused(.invalid)
        case .unopened, .discarded: .refused(.unopenable)
        case .undated: .refused(.expiry)
        }
    }
}

extension DoneEntry {
    /// What becomes of an envelope that comes again. A blocked sender doesn't hear that it was dropped.
    func outcome(on day: Day, isDirect: Bool) -> OpenOutcome {
        if isUnopened { return .discarded(day) }
        return isDropped && isDirect ? .notNow : .done(day)
    }
}

extension OpenError {
    /// What it is counted as.
    var mark: Mark {
        switch self {
        case .unknownVersion: .envelopeOfLaterVersion
        case .malformed: .envelopeUnreadable
        case .unknownPrekey: .envelopeToUnknownPrekey
        case .noSession, .keyUsed: .envelopeOfNoSession
        case .notAuthentic: .envelopeNotAuthentic
        case .senseless: .envelopeSenseless
        }
    }
}
