import Basics

/// How much may wait for the disk, so that nobody waits long for what they brought.
///
/// What a disk can write in a time differs a thousandfold, and what comes meanwhile goes into the next commit: so all wait for two. Where
/// commits follow each other at once, as much waits as may, and they take longer than they should, less may wait; while they are
/// quicker, more (cf. byte queue limits of Linux: Herbert, 2011).
struct CommitPace {
    /// Bytes that may wait.
    private(set) var bound: Int
    private let most: Int
    /// When the commit under way began; nil where that isn't known.
    private var begunAt: Instant?
    /// Whether as much waited as may, during this commit and the one before.
    private var wasReached = (now: false, before: false)

    init(most: Int) {
        (bound, self.most) = (most, most)
    }

    /// Something was refused, as enough waits.
    mutating func boundWasReached() { wasReached.now = true }

    /// A commit has ended. `isFollowed`: the next begins at once.
    mutating func commitEnded(_ isFollowed: Bool, _ now: Instant) {
        defer { (begunAt, wasReached) = (isFollowed ? now : nil, (false, wasReached.now)) }
        guard let begunAt else { return }
        let part = max(0.5, Limits.commitTime / max(now - begunAt, .milliseconds(1)))
        if part >= 1 {
            bound = min(most, bound + bound / 4)
        } else if wasReached.before {
            bound = min(most, max(Int(Double(bound) * part), Limits.pendingBytesOfOthersAtLeast))
        }
    }
}
