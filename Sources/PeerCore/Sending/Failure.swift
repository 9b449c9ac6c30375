import Basics
import Exchange
import Wire

/// Why a message is no further.
enum Failure: Hashable {
    /// No node could be reached that would keep it.
    case unreachable
    /// Nothing that the peer has published was found.
    case noRecord
    /// What the peer has published is of another version of the program.
    case otherVersion
    /// What the peer has published can't be sealed to.
    case unusableRecord
    /// Fewer buddies keep it than would be safe.
    case tooFew(Tally)
    /// This machine's clock is wrong: it can't date what others keep by the day.
    case clock(ClockStanding)

    /// What it is counted as.
    var mark: Mark {
        switch self {
        case .unreachable: .attemptFindsNobody
        case .noRecord: .peerHasNoRecord
        case .otherVersion: .recordOfOtherVersion
        case .unusableRecord: .recordCannotBeSealedTo
        case .tooFew: .tooFewBuddies
        case .clock: .sendingWaitsForClock
        }
    }

    /// What came of a deposit without a quorum.
    init(_ tally: Tally) { self = tally.found > 0 ? .tooFew(tally) : .unreachable }

    /// One plain sentence: what happened, and what comes of it.
    var sentence: String {
        let outlook = "it is tried again until the message expires."
        switch self {
        case .unreachable: return "Nobody could be reached who would keep it; \(outlook)"
        case .noRecord: return "The peer has published nothing to write to; \(outlook)"
        case .otherVersion:
            return "The peer uses another version of roost, to which this one can't write: update the older; \(outlook)"
        case .unusableRecord: return "What the peer has published can't be used; \(outlook)"
        case .tooFew(let tally):
            let cause = tally.refusal.map { ", as \(Failure.clause($0))" } ?? ""
            let who =
                switch (tally.done, tally.found) {
                case (0, 1): "The only buddy that was found doesn't keep it"
                case (0, let found): "None of \(found) buddies keeps it"
                case (1, let found): "Only 1 of \(found) buddies keeps it"
                case (let done, let found): "Only \(done) of \(found) buddies keep it"
                }
            return "\(who)\(cause); \(outlook)"
        case .clock(let standing):
            let complaint =
                standing.complaint
                ?? (standing.isConfirmed
                    ? "By this machine's clock, which has lately moved ahead, it has expired"
                    : "Nobody has confirmed this machine's clock")
            return "\(complaint); it waits until the clock is set right."
        }
    }

    private static func clause(_ reason: RefusalReason) -> String {
        switch reason {
        case .mailboxFull: "the mailbox is full"
        case .nodeFull: "they have no room"
        case .expiry: "their clocks and this one disagree about its last day"
        case .invalid: "they take it for damaged"
        case .notResponsible: "they are not responsible for the mailbox"
        case .busy: "they are busy"
        case .unopenable: "they don't hold the keys that it was sealed to"
        case .unauthorized, .stale, .notFound, .unknownRPC: "they refuse it"
        }
    }
}
