import Basics

/// How much may wait for the disk, so that nobody waits long for what they brought.
///
/// What a disk can write in a time differs a thousandfold, and what comes meanwhile goes into the next commit: so all wait for two. While
/// commits follow each other at once and take longer than they should, less may wait; while they are quicker, more
/// (cf. byte queue limits of Linux: Herbert, 2011).
struct CommitPace {
    /// Bytes that may wait.
    private(set) var bound: Int
    private let most: Int
    /// When the commit under way began; nil where that isn't known.
    private var begunAt: Instant?

    init(most: Int) {
        (bound, self.most) = (most, most)
    }

    /// A commit has ended. `isFollowed`: the next begins at once.
    mutating func commitEnded(_ isFollowed: Bool, _ now: Instant) {
        defer { begunAt = isFollowed ? now : nil }
        guard let begunAt else { return }
        let taken = max(now - begunAt, .milliseconds(1))
        let part = max(0.5, Limits.commitTime / taken)
        let wanted = part < 1 ? Int(Double(bound) * part) : bound + bound / 4
        bound = min(most, max(wanted, Limits.pendingBytesOfOthersAtLeast))
    }
}
