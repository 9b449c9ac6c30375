/// How far this machine's civil clock can be relied on, as its node reports it.
///
/// Actions that depend on civil time wait until it is trusted. Otherwise a clock that is weeks ahead would declare
/// messages failed, erase prekeys that incoming mail still needs, and throw out mail that is kept for others.
public enum ClockStanding: Hashable, Sendable {
    /// No other node has confirmed it since the start, or since it jumped.
    case unconfirmed
    /// Most of the nodes asked have about the same time; or there were none to ask, and it ran for a day without a
    /// jump.
    case confirmed
    /// Most of the nodes asked have another time: this clock is ahead by so many seconds, or behind where negative.
    case differs(bySeconds: Int64)

    /// Whether irreversible actions may rely on it: erasing, expiring, giving up.
    public var isConfirmed: Bool { self == .confirmed }

    /// Whether messages and records may be dated by it: every expiry tolerates one day of clock error.
    public var isUsable: Bool {
        switch self {
        case .unconfirmed: false
        case .confirmed: true
        case .differs(let seconds): seconds.magnitude <= Limits.clockToleranceSeconds
        }
    }

    /// What is wrong with it, as a clause for people; nil unless other nodes disagree.
    public var complaint: String? {
        guard case .differs(let seconds) = self else { return nil }
        let hours = seconds.magnitude / 3_600
        let amount = hours < 48 ? "\(hours) hours" : "\(hours / 24) days"
        return "This machine's clock is \(amount) \(seconds < 0 ? "behind" : "ahead of") most others'"
    }
}
