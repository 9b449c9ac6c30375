import Basics

/// A k-bucket: contacts whose distance from this node lies in [2^(255 − i), 2^(256 − i)) (Kademlia, §2.2).
///
/// Its contacts are a part of the table's `entries`: first those in the bucket, then the replacements, which answered
/// while it was full and wait for a place (Kademlia, §4.1). Both are in least-recently-seen order: the first was silent
/// longest, the last answered last.
struct Bucket: BitwiseCopyable {
    /// Where its part of the table's entries begins.
    var start: UInt16
    /// How many contacts it has, and how many wait.
    private(set) var count: UInt8 = 0
    private(set) var waitingCount: UInt8 = 0
    /// When any contact of this range last answered.
    var heard: CompactInstant
    /// The earliest time of the next refresh.
    var refreshDue: CompactInstant
    /// Whether it has been refreshed since it was created.
    var isExplored = false

    init(start: Int, heard: CompactInstant, refreshDue: CompactInstant) {
        self.start = UInt16(start)
        self.heard = heard
        self.refreshDue = refreshDue
    }

    /// The places of its contacts in the table's entries.
    var members: Range<Int> { Int(start)..<Int(start) + Int(count) }

    /// The places of its replacements in the table's entries.
    var waiting: Range<Int> { members.upperBound..<members.upperBound + Int(waitingCount) }

    var all: Range<Int> { Int(start)..<waiting.upperBound }

    /// The number of its contacts, or of its replacements, has changed.
    mutating func grow(by change: Int = 0, waiting: Int = 0) {
        count = UInt8(Int(count) + change)
        waitingCount = UInt8(Int(waitingCount) + waiting)
    }
}
