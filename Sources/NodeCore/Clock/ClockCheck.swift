import Basics

/// Compares this machine's civil clock with those of others, who tell theirs when they are pinged.
///
/// The clock is taken for right when at least as many observers agree with it as don't: it counts as one more. After a
/// jump it is in doubt until enough observers have been asked again: earlier answers can't tell a clock that was set
/// from a machine that has slept. With no node to ask, the clock is believed after a day without a jump: by then
/// nothing that waited is urgent, and a machine whose clock is set late, after its network came up, has had time to do
/// so.
struct ClockCheck: Sendable {
    /// Observers asked at a time: a few more than the quorum, as some don't answer.
    static let observersAsked = 8
    /// Observers that decide, unless there are fewer to ask.
    private static let quorum = 3
    /// Observers remembered, and for how long.
    private static let memory = 16
    private static let lifetime = Duration.seconds(86_400)
    /// Pauses between questions while mail can't be dated by the clock, and while it can. Where most others have another
    /// time, it is they who may be set right: mail waits for that, so that they are asked again soon.
    private static let firstPause = Duration.seconds(2)
    private static let longestPause = Duration.seconds(60)
    private static let interval = Duration.seconds(6 * 3_600)
    /// How long a clock must run on without a jump to be believed when there is no node to ask.
    private static let solitude = Duration.seconds(86_400)

    private struct Observation {
        /// The key under which the observer is counted.
        let key: Bytes32
        /// How much our clock was ahead.
        let difference: Int64
        let at: Instant
    }

    private(set) var standing = ClockStanding.unconfirmed
    /// When others are to be asked.
    private(set) var nextQuestion: Instant
    private var observations: [Observation] = []
    private var watch: ClockWatch
    private var doubtfulSince: Instant
    private var needed = ClockCheck.quorum
    private var pause = ClockCheck.firstPause
    /// Whether the standing is what the observations say: nothing has changed since.
    private var isJudged = false

    init(now: Now) {
        watch = ClockWatch(now)
        doubtfulSince = now.monotonic
        nextQuestion = now.monotonic
    }

    /// Looks at the clock itself. To be called before anything is done that depends on it.
    mutating func look(now: Now) {
        if watch.hasJumped(now) {
            watch = ClockWatch(now)
            observations.removeAll()
            isJudged = false
            doubtfulSince = now.monotonic
            askSoon(now: now)
            standing = .unconfirmed
            return
        }
        // The hot path: the oldest observation still counts, and so do all others.
        if isJudged, let oldest = observations.first, now.monotonic - oldest.at <= ClockCheck.lifetime { return }
        evaluate(now: now)
    }

    /// So many observers are being asked; sets when to ask again.
    mutating func hasAsked(_ observers: Int, now: Now) {
        needed = min(ClockCheck.quorum, max(1, observers))
        isJudged = false
        let isRelied = standing.isUsable && needed == ClockCheck.quorum
        pause = isRelied ? ClockCheck.interval : min(pause * 2, ClockCheck.longestPause)
        nextQuestion = now.monotonic + pause
    }

    /// So many observers were asked at a moment that follows from `randomness`, and are asked again long after it.
    mutating func establish(_ observers: Int, now: Now, randomness: UInt64) {
        hasAsked(observers, now: now)
        nextQuestion = now.monotonic + pause * Int(randomness % 1_000) / 1_000
    }

    /// Others have become known: they needn't wait long for the question.
    mutating func askSoon(now: Now) {
        pause = ClockCheck.firstPause
        nextQuestion = now.monotonic
    }

    /// An observer tells its time; `key` is the key under which it is counted.
    mutating func observe(_ time: UnixTime, by key: Bytes32, now: Now) {
        observations.removeAll { $0.key == key }
        if observations.count >= ClockCheck.memory { observations.removeFirst() }
        let (difference, overflow) = now.utc.seconds.subtractingReportingOverflow(time.seconds)
        observations.append(
            Observation(key: key, difference: overflow ? .max : difference, at: now.monotonic))
        evaluate(now: now)
    }

    private mutating func evaluate(now: Now) {
        observations.removeAll { now.monotonic - $0.at > ClockCheck.lifetime }
        isJudged = observations.count >= needed
        guard isJudged else {
            let isAlone = observations.isEmpty && now.monotonic - doubtfulSince >= ClockCheck.solitude
            if isAlone, standing == .unconfirmed { standing = .confirmed }
            return
        }
        let agreeing = observations.count { $0.difference.magnitude <= Limits.clockDifferenceSeconds }
        guard agreeing * 2 < observations.count else {
            standing = .confirmed
            return
        }
        let differences = observations.map(\.difference).sorted()
        differ(bySeconds: differences[differences.count / 2])
    }

    /// The clock is off; unless it is known to be, by about as much.
    private mutating func differ(bySeconds new: Int64) {
        if case .differs(let old) = standing {
            let (change, overflow) = new.subtractingReportingOverflow(old)
            if !overflow, change.magnitude < Limits.clockJumpSeconds { return }
        }
        standing = .differs(bySeconds: new)
    }
}
