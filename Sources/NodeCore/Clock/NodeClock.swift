import Basics
import Exchange

/// The node's civil time: how far others agree with it, and by which time is erased what they left here.
///
/// It is told when time is looked at and what others say, and then asked for directives until there are none.
struct NodeClock: Sendable {
    /// What the node is to do.
    enum Directive {
        /// Write down what the next start needs to know of the time before it.
        case save
        /// Tell the person's side.
        case tell(NodeEvent)
        /// Ask others for their time, and say how many with `hasAsked`.
        case ask
    }

    private var check: ClockCheck
    private var erasure: ErasureClock
    /// Whether `encoded` is to be written down again.
    private var hasToSave = false
    /// What the person's side was told last.
    private var toldStanding: ClockStanding
    private var toldDelaySeconds: Int64 = 0

    init(now: Now) {
        check = ClockCheck(now: now)
        erasure = ErasureClock(now: now)
        toldStanding = check.standing
    }

    /// Takes over what was written down before, if it can be read.
    mutating func restore(_ encoded: RawSpan, now: Now) {
        if let erasure = ErasureClock(encoded, now: now) { self.erasure = erasure }
    }

    /// What is to be written down now and then, and when a directive says so.
    var encoded: [UInt8] { erasure.encoded }
    /// How far the civil clock can be relied on.
    var standing: ClockStanding { check.standing }
    /// How far erasing is behind the civil clock, in seconds.
    var erasureDelaySeconds: Int64 { erasure.delaySeconds }
    /// When others are to be asked, where there are any.
    var nextQuestion: Instant { check.nextQuestion }

    /// The time by which may be erased what others left here; nil while nothing may.
    func erasingTime(_ now: Now) -> UnixTime? {
        standing.isConfirmed ? now.utc.advanced(bySeconds: -erasure.delaySeconds) : nil
    }

    // MARK: Facts

    /// Looks whether the civil clock has jumped. To be called before anything that depends on civil time.
    mutating func look(now: Now) {
        check.look(now: now)
        if erasure.look(now: now, isConfirmed: standing.isConfirmed) { hasToSave = true }
    }

    /// An observer tells its time; `key` is as whom it counts.
    mutating func observe(_ time: UnixTime, by key: Bytes32, now: Now) { check.observe(time, by: key, now: now) }

    /// So many observers are being asked.
    mutating func hasAsked(_ observers: Int, now: Now) { check.hasAsked(observers, now: now) }

    /// Others may have become reachable that can be asked.
    mutating func networkChanged(now: Now) { if standing == .unconfirmed { check.askSoon(now: now) } }

    // MARK: Directives

    /// The next directive; nil where there is nothing to be done. `mayAsk`: the node knows others.
    mutating func nextDirective(now: Now, mayAsk: Bool) -> Directive? {
        if hasToSave {
            hasToSave = false
            return .save
        }
        // Before the standing: who hears that the clock is confirmed may erase by it.
        if erasure.delaySeconds != toldDelaySeconds {
            toldDelaySeconds = erasure.delaySeconds
            return .tell(.erasureDelay(seconds: toldDelaySeconds))
        }
        if standing != toldStanding {
            toldStanding = standing
            return .tell(.clock(standing))
        }
        return mayAsk && nextQuestion <= now.monotonic ? .ask : nil
    }
}
