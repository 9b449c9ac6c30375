import Basics

/// The tables of one data directory. The raw value is the table's name on disk and never changes.
public enum Table: String, CaseIterable, Sendable {
    // What a node keeps for others.
    case envelopes, expiries, tombstones, records, usage
    // What a node keeps for itself.
    case contacts
    // What a person keeps.
    case outbox, inbox, conversations, profile
    // What a node keeps for others, once more.
    case charges, mailboxes

    /// Whether others make it grow without this node's person having a part in it.
    public var growsByOthers: Bool { self == .envelopes || self == .records }

    /// Its place in `allCases`: for arrays by table.
    public var index: Int {
        switch self {
        case .envelopes: 0
        case .expiries: 1
        case .tombstones: 2
        case .records: 3
        case .usage: 4
        case .contacts: 5
        case .outbox: 6
        case .inbox: 7
        case .conversations: 8
        case .profile: 9
        case .charges: 10
        case .mailboxes: 11
        }
    }
}

/// Reads of what was committed. Synchronous and memory-mapped: a read costs microseconds and never waits for a write.
///
/// Keys have 1 to `Limits.keySize` bytes; a lookup of any other key finds nothing. They are compared as unsigned bytes,
/// lexicographically, shorter first. A read may be made inside another's `body`: both see the same state.
public protocol StoreReader: AnyObject {
    /// Calls `body` with the value under `key` and returns true, or returns false where there is none.
    /// The span is valid only during the call.
    func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool

    /// Visits the entries whose keys begin with `prefix` and come after `after` (exclusive; nil: from the first), in
    /// ascending order, until `body` returns false. The spans are valid only during each call.
    func scan(_ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool)

    /// The same backwards: visits the entries whose keys begin with `prefix` and come before `before` (exclusive; nil: from the
    /// last), in descending order.
    func scanBackward(
        _ table: Table, prefix: [UInt8], before: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool)

    /// As `scan`, but reads only the size and the head of each value, so that a large one costs no more than a small
    /// one. It doesn't detect values that the disk has damaged.
    func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]?,
        _ body: (_ key: RawSpan, _ size: Int, _ head: RawSpan) -> Bool)
}

/// The first bytes of a stored value.
public enum StoreHead {
    /// The number of these bytes, if the value is as long: more than any header of what is kept.
    public static let byteCount = 128
}

/// One change that a core wants made durable: sets a value, or removes it if nil. Keys have 1 to `Limits.keySize`
/// bytes.
public struct StoreWrite: Hashable, Sendable {
    public let table: Table
    public let key: [UInt8]
    public let value: [UInt8]?

    public init(_ table: Table, _ key: [UInt8], _ value: [UInt8]?) {
        precondition((1...Limits.keySize).contains(key.count), "a key has 1 to \(Limits.keySize) bytes")
        self.table = table
        self.key = key
        self.value = value
    }
}

/// The place of a write in its core's order of writes. Commits happen in this order; a commit settles every ticket up
/// to its last.
public struct Ticket: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (left: Ticket, right: Ticket) -> Bool { left.number < right.number }
}

/// How a commit ended.
public enum CommitResult: Hashable, Sendable {
    /// Everything is on disk.
    case committed
    /// Nothing is on disk: the disk or the quota is full.
    case full
    /// Nothing is on disk: the disk failed.
    case failed
}
