import Basics

/// How fast a node sends chunks, to all destinations together, so that many windows at once don't overfill the way out.
///
/// A rate and a small bucket. The rate grows while it is what holds chunks back, and falls below what is answered where
/// round trips stay longer than the shortest (a queue stands on the way, as LEDBAT sees it, RFC 6817 §2) or where most is
/// lost. One destination's loss or delay is its own window's affair: a queue stands only when all of the latest answers
/// say so, wherever they came from.
package struct Pacer {
    /// Chunks a second.
    package private(set) var rate = Limits.pacingRateInitial
    /// When a bucket filled to the brim would be had again: the generic cell rate algorithm (ITU-T I.371).
    private var fullAt = Instant.origin
    private var lastSent = Instant.origin
    /// Until the first decrease the rate grows two and a half times a round trip.
    private var isRamping = true
    /// Whether the rate held a chunk back since it was set.
    private var hasHeld = false
    /// What was sent before this was sent at another rate, and says nothing about this one.
    private var setAt = Instant.origin
    private var latest = LatestAnswers()
    private var answered = 0
    private var lost = 0
    private var shortest = ShortestRoundTrips()

    package init() {}

    // MARK: Sending

    private var interval: Duration { .nanoseconds(1_000_000_000 / rate) }

    /// Chunks that may go at once: ten milliseconds' worth, so that timers needn't be exact.
    private var burst: Int { max(4, rate / 100) }

    /// Whether a chunk may be sent now.
    package func hasRoom(now: Instant) -> Bool { fullAt <= now + interval * (burst - 1) }

    /// A chunk is sent.
    package mutating func noteSent(now: Instant) {
        // Where nothing was sent for long, the rate may be tried out anew: the way may be another.
        if lastSent + Limits.pacingMemory < now { isRamping = true }
        lastSent = now
        fullAt = max(fullAt, now) + interval
    }

    /// A chunk waits for its turn.
    package mutating func noteHeld() { hasHeld = true }

    /// When those that wait may go on: not for one chunk at a time.
    package var nextRoom: Instant { fullAt + interval * (burst / 2 - burst) }

    // MARK: What comes of it

    /// A chunk was answered.
    package mutating func observeAnswer(sentAt: Instant) {
        if sentAt >= setAt { answered += 1 }
    }

    /// A node answered anything else at once: what its round trip is when no chunks are on the way.
    package mutating func observeSmall(roundTrip: Duration, to node: NodeID, now: Instant) {
        _ = shortest.excess(of: roundTrip, to: node, now: now)
    }

    /// A node answered a chunk as soon as it had it.
    package mutating func observeRoundTrip(to node: NodeID, sentAt: Instant, now: Instant) {
        guard let queue = shortest.excess(of: now - sentAt, to: node, now: now), sentAt >= setAt else { return }
        latest.append(queue, at: now)
        if latest.isQueueStanding {
            decrease(now: now)
        } else if latest.isWayFree, hasHeld, keepsUp {
            set(isRamping ? rate * 5 / 2 : rate + rate / 8, now: now)
        }
    }

    /// Whether answers come about as fast as chunks leave, but for those that are lost.
    private var keepsUp: Bool {
        guard let reached = latest.rate else { return false }
        return Double(reached) * Double(answered + lost) > 0.75 * Double(rate) * Double(answered)
    }

    /// A chunk was not answered in good time.
    package mutating func observeLoss(sentAt: Instant, now: Instant) {
        guard sentAt >= setAt else { return }
        lost += 1
        if lost >= LatestAnswers.count, lost > answered { decrease(now: now) }
    }

    /// Below the rate at which answers come, so that the queue empties.
    private mutating func decrease(now: Instant) {
        isRamping = false
        let reached = min(latest.rate ?? rate / 2, rate)
        set(reached - reached / 8, now: now)
    }

    private mutating func set(_ rate: Int, now: Instant) {
        self.rate = min(max(rate, Limits.pacingRateMinimum), Limits.pacingRateMaximum)
        setAt = now
        hasHeld = false
        latest.removeAll()
        answered = 0
        lost = 0
    }
}

/// The latest answers: how much longer than the shortest each was on the way, and when it came.
private struct LatestAnswers {
    /// Enough to tell a queue from variation.
    static let count = 16

    private var entries: [(queue: Duration, at: Instant)] = []
    private var next = 0
    /// How much the excess varies, of all answers ever: where it does by itself, it is no queue.
    private var variation = RoundTripEstimator()

    mutating func append(_ queue: Duration, at now: Instant) {
        variation.observe(queue)
        if entries.count < LatestAnswers.count {
            entries.append((queue, now))
        } else {
            entries[next] = (queue, now)
            next = (next + 1) % LatestAnswers.count
        }
    }

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        next = 0
    }

    private var isFull: Bool { entries.count == LatestAnswers.count }
    private var least: Duration { entries.reduce(.seconds(3_600)) { min($0, $1.queue) } }
    private var tolerance: Duration { max(Limits.pacingQueue, variation.variation * 2) }

    var isQueueStanding: Bool { isFull && least > tolerance }
    var isWayFree: Bool { isFull && least * 2 < tolerance }

    /// Answers a second, or nil where there are too few.
    var rate: Int? {
        guard isFull else { return nil }
        let span = entries[(next + LatestAnswers.count - 1) % LatestAnswers.count].at - entries[next].at
        return Int(Double(LatestAnswers.count - 1) / max(span / .seconds(1), 1e-6))
    }
}

/// The shortest round trip to each destination of late.
private struct ShortestRoundTrips {
    private struct Entry {
        let node: NodeID
        var shortest: Duration
        let since: Instant
    }

    /// The buddies of some mailboxes, and those asked in search of them. Beyond, the oldest gives way.
    private static let count = 128

    private var entries: [Entry] = []
    private var next = 0

    /// By how much a round trip exceeds the shortest to that node; nil for the first.
    mutating func excess(of roundTrip: Duration, to node: NodeID, now: Instant) -> Duration? {
        let index = entries.firstIndex { $0.node == node }
        guard let index, now - entries[index].since < Limits.pacingMemory else {
            let entry = Entry(node: node, shortest: roundTrip, since: now)
            if let index {
                entries[index] = entry
            } else if entries.count < ShortestRoundTrips.count {
                entries.append(entry)
            } else {
                entries[next] = entry
                next = (next + 1) % ShortestRoundTrips.count
            }
            return nil
        }
        entries[index].shortest = min(entries[index].shortest, roundTrip)
        return roundTrip - entries[index].shortest
    }
}
