/// How far this machine's civil clock can be relied on, as its node reports it.
///
/// What depends on civil time waits for it: a clock that is weeks ahead would else declare messages failed, erase prekeys
/// with which mail may still come, and throw out mail that is kept for others.
public enum ClockStanding: Hashable, Sendable {
    /// Nobody has confirmed it since the start, or since it jumped.
    case unconfirmed
    /// Most of those asked have about the same time; or nobody was there to ask, and it ran on for a day without a jump.
    case confirmed
    /// Most of those asked have another time: it is ahead by so many seconds, or behind where negative.
    case differs(bySeconds: Int64)

    /// Whether what can't be undone may be done by it: erasing, expiring, giving up.
    public var isConfirmed: Bool { self == .confirmed }

    /// Whether messages and records may be dated by it: every expiry tolerates one day of clock error.
    public var isUsable: Bool {
        switch self {
        case .unconfirmed: false
        case .confirmed: true
        case .differs(let seconds): seconds.magnitude <= Limits.clockToleranceSeconds
        }
    }

    /// What is wrong with it, as a clause for people; nil where nobody says that anything is.
    public var complaint: String? {
        guard case .differs(let seconds) = self else { return nil }
        let hours = seconds.magnitude / 3_600
        let amount = hours < 48 ? "\(hours) hours" : "\(hours / 24) days"
        return "This machine's clock is \(amount) \(seconds < 0 ? "behind" : "ahead of") most others'"
    }
}
