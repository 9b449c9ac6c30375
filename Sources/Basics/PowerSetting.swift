/// How often a node may wake its device to hear of its person's mail.
public enum PowerSetting: String, Codable, Hashable, Sendable, CaseIterable {
    /// As often as mail that comes at once needs it.
    case normal
    /// Seldom, as on a battery: mail can wait for five minutes, and comes at once where the NAT in front of the node remembers for as long.
    case low

    /// How many buddies are asked to announce what comes into a mailbox.
    public var announcers: Int { self == .low ? 1 : Limits.announcers }
}
