/// The RPCs by their number on the wire, which never changes. Numbers have no gaps: what is counted
/// by kind is indexed by them.
public enum RPCKind: UInt8, CaseIterable, Sendable {
    case ping = 1
    case findNode = 2
    case getRecord = 3
    case putRecord = 4
    case deposit = 5
    case authorize = 6
    case list = 7
    case fetch = 8
    case discard = 9
    /// Two buddies compare what they keep.
    case reconcile = 10
    /// A mailbox's owner asks to be told of what comes into it.
    case subscribe = 11
    case deliver = 12
    case confirm = 13
    /// Two people behind NATs open a way to each other, with the help of a buddy.
    case punch = 14
    /// Reserved: an onion cell.
    case relay = 15
    /// Never used: a policy is a record (`MailboxPolicy`). The number stays taken.
    case getPolicy = 16
    /// Never used, as `getPolicy`.
    case putPolicy = 17
    /// What `subscribe` asked for.
    case announce = 18
    case has = 19
}

extension RPCKind {
    /// Whether it is only a number so far: this version answers that it doesn't know it.
    public var isReserved: Bool { rpc == nil }

    /// All that are in use.
    package static let inUse = allCases.filter { !$0.isReserved }
}
