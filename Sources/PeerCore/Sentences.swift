import Exchange

/// Why a message is no further, for a person to read: what happened, and what comes of it.
enum Sentences {
    static let noRecord = "The peer has published nothing to write to; it is tried again until the message expires."
    static let unusableRecord =
        "What the peer has published can't be used; it is tried again until the message expires."
    static let unreachable = "Nobody could be reached who would keep it; it is tried again until the message expires."

    /// Why a deposit was not enough.
    static func tooFew(_ tally: Tally) -> String {
        guard tally.found > 0 else { return unreachable }
        let cause = tally.refusal.map { ", as \(clause($0))" } ?? ""
        return
            "Only \(tally.done) of \(tally.found) buddies keep it\(cause); it is tried again until the message expires."
    }

    private static func clause(_ reason: RefusalReason) -> String {
        switch reason {
        case .mailboxFull: "the mailbox is full"
        case .nodeFull: "they have no room"
        case .expiry: "their clocks and this one disagree about its last day"
        case .invalid: "they take it for damaged"
        case .notResponsible: "they are not responsible for the mailbox"
        case .busy: "they are busy"
        case .unauthorized, .stale, .notFound, .unknownRPC: "they refuse it"
        }
    }
}
