import Basics

/// A k-bucket: contacts whose distance from this node lies in [2^(255 − i), 2^(256 − i)) (Kademlia, §2.2).
///
/// Its contacts are a part of the table's `entries`: first those in the bucket, then those that answered while it was full
/// and wait for a place (Kademlia, §4.1). Both are in least-recently-seen order: the first was silent longest, the last
/// answered last.
struct Bucket: BitwiseCopyable {
    /// Where in the table's entries its own begin.
    var start: UInt16
    /// How many contacts it has, and how many wait.
    private(set) var count: UInt8 = 0
    private(set) var waitingCount: UInt8 = 0
    /// When any contact of this range last answered.
    var heard: CompactInstant
    /// Not to be refreshed before.
    var refreshDue: CompactInstant
    /// Whether it has been refreshed since it is there.
    var isExplored = false

    init(start: Int, heard: CompactInstant, refreshDue: CompactInstant) {
        self.start = UInt16(start)
        self.heard = heard
        self.refreshDue = refreshDue
    }

    /// Where in the table's entries its contacts are.
    var members: Range<Int> { Int(start)..<Int(start) + Int(count) }

    /// Where in the table's entries those are that wait.
    var waiting: Range<Int> { members.upperBound..<members.upperBound + Int(waitingCount) }

    var all: Range<Int> { Int(start)..<waiting.upperBound }

    /// One entry more, or less, has come to those of the bucket or those that wait.
    mutating func grow(by change: Int = 0, waiting: Int = 0) {
        count = UInt8(Int(count) + change)
        waitingCount = UInt8(Int(waitingCount) + waiting)
    }
}
