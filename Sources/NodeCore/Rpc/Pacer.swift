import Basics

/// How fast a node sends chunks, to all destinations together, so that many windows at once don't overrun the uplink.
///
/// A rate and a small bucket. The rate grows while it is the limit on chunks. It falls below the rate of answers if
/// round trips stay longer than the shortest (a standing queue on the path, as in LEDBAT, RFC 6817 §2), or if most
/// chunks are lost. One destination's loss or delay is its own window's affair: a queue stands only when all of the
/// latest answers say so, wherever they came from.
package struct Pacer {
    /// Chunks a second.
    package private(set) var rate = Limits.pacingRateInitial
    /// When the bucket would be full again: the generic cell rate algorithm (ITU-T I.371).
    private var fullAt = Instant.origin
    private var lastSent = Instant.origin
    /// Until the first decrease the rate grows two and a half times a round trip.
    private var isRamping = true
    /// Whether the rate has held a chunk back since it was set.
    private var hasHeld = false
    /// What was sent before this was sent at another rate, and says nothing about this one.
    private var setAt = Instant.origin
    private var latest = LatestAnswers()
    private var arrivals = Arrivals()
    /// Of what was sent since the rate was set: how much, how much of it was answered or lost, and since when.
    private var sent = 0
    private var answered = 0
    private var lost = 0
    /// How many of the lost ones show that the uplink drops what it can't carry: a destination that answers nothing is
    /// gone.
    private var lostOnTheWay = 0
    private var firstSent = Instant.origin
    private var firstAnswered = Instant.origin
    private var shortest = ShortestRoundTrips()
    private var silences = Silences()

    package init() {}

    // MARK: Sending

    private var interval: Duration { .nanoseconds(1_000_000_000 / rate) }

    /// Chunks that may go at once: ten milliseconds' worth, so that timers needn't be exact; and more as long as no queue has shown.
    private var burst: Int { max(rate < Limits.pacingRateInitial ? 4 : Limits.pacingBurst, rate / 100) }

    /// Whether a chunk may be sent now.
    package func hasRoom(now: Instant) -> Bool { fullAt <= now + interval * (burst - 1) }

    /// A chunk is sent.
    package mutating func recordSent(now: Instant) {
        if lastSent + Limits.pacingIdle < now {
            isRamping = true
            if rate < Limits.pacingRateInitial { set(Limits.pacingRateInitial, now: now) }
        }
        lastSent = now
        if sent == 0 { firstSent = now }
        sent += 1
        fullAt = max(fullAt, now) + interval
    }

    /// A chunk waits for its turn.
    package mutating func recordHeld() { hasHeld = true }

    /// When those that wait may go on: not for one chunk at a time.
    package var nextRoom: Instant { fullAt + interval * (burst / 2 - burst) }

    /// The way out may be another: nothing that was measured counts.
    package mutating func startOver(now: Instant) {
        self = Pacer()
        setAt = now
    }

    // MARK: What comes of it

    /// A chunk was answered, even if its answer waited for a disk: all that is sent is to be answered.
    package mutating func observeAnswer(from node: NodeID, sentAt: Instant, now: Instant) {
        arrivals.append(now)
        silences.observeAnswer(from: node)
        guard sentAt >= setAt else { return }
        if answered == 0 { firstAnswered = now }
        answered += 1
    }

    /// A node answered anything else at once: what its round trip is when no chunks are on the way.
    package mutating func observeSmall(roundTrip: Duration, to node: NodeID, now: Instant) {
        _ = shortest.excess(of: roundTrip, to: node, now: now)
    }

    /// A node answered a chunk as soon as it had it.
    package mutating func observeRoundTrip(to node: NodeID, sentAt: Instant, now: Instant) {
        guard let queue = shortest.excess(of: now - sentAt, to: node, now: now), sentAt >= setAt else { return }
        latest.append(queue)
        if latest.isQueueStanding {
            decrease(now: now)
        } else if latest.isWayFree, hasHeld, keepsUp(now: now) {
            set(isRamping ? rate * 5 / 2 : rate + rate / 8, now: now)
        }
    }

    /// Whether answers come about as fast as chunks leave, apart from lost ones. It looks at all the time since the
    /// rate was set, as answers that waited for a disk come in bursts.
    private func keepsUp(now: Instant) -> Bool {
        let leaving = Double(sent) / max((lastSent - firstSent) / .seconds(1), 1e-6)
        let coming = Double(answered + lost) / max((now - firstAnswered) / .seconds(1), 1e-6)
        return answered > 0 && coming > 0.75 * min(leaving, Double(rate))
    }

    /// A node did not answer a chunk in good time.
    package mutating func observeLoss(at node: NodeID, sentAt: Instant, now: Instant) {
        let isOnTheWay = silences.observeLoss(at: node)
        guard sentAt >= setAt else { return }
        lost += 1
        guard isOnTheWay else { return }
        lostOnTheWay += 1
        if lostOnTheWay >= LatestAnswers.count, lostOnTheWay > answered { decrease(now: now) }
    }

    /// Sets the rate below that at which answers come, so that the queue drains. It is cut to no less than a quarter:
    /// if answers came late because a machine was busy, little is lost.
    private mutating func decrease(now: Instant) {
        isRamping = false
        let reached = min(max(arrivals.rate(now: now) ?? 0, rate / 4), rate)
        set(reached - reached / 8, now: now)
    }

    private mutating func set(_ rate: Int, now: Instant) {
        self.rate = min(max(rate, Limits.pacingRateMinimum), Limits.pacingRateMaximum)
        setAt = now
        hasHeld = false
        latest.removeAll()
        sent = 0
        answered = 0
        lost = 0
        lostOnTheWay = 0
    }
}

/// How many chunks in a row each destination has left unanswered: one that is gone says nothing of the way there.
private struct Silences {
    private struct Entry {
        let node: NodeID
        var lost = 0
        var hasAnswered = false

        /// One that was there a moment ago is believed to be there for longer.
        var isGone: Bool { lost > (hasAnswered ? Limits.pacingLossesInSilence : Limits.pacingLossesUnheard) }
    }

    /// The buddies of some mailboxes. Beyond, the oldest gives way.
    private static let count = 128

    private var entries: [Entry] = []

    /// A chunk to a node was lost. Returns whether congestion on the path may be the cause, and not an absent node.
    mutating func observeLoss(at node: NodeID) -> Bool {
        let index = index(of: node)
        entries[index].lost += 1
        return !entries[index].isGone
    }

    mutating func observeAnswer(from node: NodeID) {
        let index = index(of: node)
        entries[index].lost = 0
        entries[index].hasAnswered = true
    }

    private mutating func index(of node: NodeID) -> Int {
        if let index = entries.firstIndex(where: { $0.node == node }) { return index }
        if entries.count >= Silences.count { entries.removeFirst() }
        entries.append(Entry(node: node))
        return entries.count - 1
    }
}

/// How many answers came lately, of whatever kind. The window is long enough that neither a disk's bursts nor a moment
/// without a processor distort it much.
private struct Arrivals {
    private static let step = Duration.milliseconds(25)
    private static let steps = 8

    /// By the number of the step, modulo how many there are.
    private var counts = [Int](repeating: 0, count: Arrivals.steps)
    private var first = 0
    private var last = 0

    mutating func append(_ now: Instant) {
        let step = Int((now - .origin) / Arrivals.step)
        if step - last >= Arrivals.steps {
            for index in counts.indices { counts[index] = 0 }
            first = step
        } else if step > last {
            for passed in last + 1...step { counts[passed % Arrivals.steps] = 0 }
            first = max(first, step - Arrivals.steps + 1)
        }
        last = max(last, step)
        counts[step % Arrivals.steps] += 1
    }

    /// Answers a second, or nil where there are too few.
    func rate(now: Instant) -> Int? {
        let count = counts.reduce(0, +)
        guard count >= LatestAnswers.count else { return nil }
        return Int(Double(count) / max((now - .origin - Arrivals.step * first) / .seconds(1), 1e-3))
    }
}

/// The latest answers that came at once: by how much each exceeded the shortest round trip.
private struct LatestAnswers {
    /// Enough to tell a queue from variation.
    static let count = 16

    private var entries: [Duration] = []
    private var next = 0
    /// How much the excess varies, of all answers ever: where it does by itself, it is no queue.
    private var variation = RoundTripEstimator()

    mutating func append(_ queue: Duration) {
        variation.observe(queue)
        if entries.count < LatestAnswers.count {
            entries.append(queue)
        } else {
            entries[next] = queue
            next = (next + 1) % LatestAnswers.count
        }
    }

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        next = 0
    }

    private var isFull: Bool { entries.count == LatestAnswers.count }
    private var least: Duration { entries.reduce(.seconds(3_600), min) }
    private var tolerance: Duration { max(Limits.pacingQueue, variation.variation * 2) }

    var isQueueStanding: Bool { isFull && least > tolerance }
    var isWayFree: Bool { isFull && least * 2 < tolerance }
}

/// The shortest round trip to each destination of late.
private struct ShortestRoundTrips {
    /// Small, as every node has some for each that it asks.
    private struct Entry: BitwiseCopyable {
        /// The first word of the node's ID: whoever finds keys whose IDs begin alike for 64 bits gains nothing by it.
        let node: UInt64
        /// In nanoseconds.
        var shortest: Int64
        let since: Int64

        func isOf(late now: Int64) -> Bool { now - since < Entry.lifetime }

        private static let lifetime = Limits.pacingMemory.nanoseconds
    }

    /// The buddies of some mailboxes, and those asked in search of them. Beyond, the oldest gives way.
    private static let count = 128

    private var entries: [Entry] = []
    private var next = 0

    /// By how much a round trip exceeds the shortest to that node; nil for the first.
    mutating func excess(of roundTrip: Duration, to node: NodeID, now: Instant) -> Duration? {
        let (head, trip, now) = (node.bytes.words.0, roundTrip.nanoseconds, now.sinceOrigin.nanoseconds)
        let index = entries.firstIndex { $0.node == head }
        guard let index, entries[index].isOf(late: now) else {
            record(Entry(node: head, shortest: trip, since: now), at: index)
            return nil
        }
        entries[index].shortest = min(entries[index].shortest, trip)
        return .nanoseconds(trip - entries[index].shortest)
    }

    /// `index`: where the node has an entry already.
    private mutating func record(_ entry: Entry, at index: Int?) {
        if let index {
            entries[index] = entry
        } else if entries.count < ShortestRoundTrips.count {
            // Before the room grows, what is no longer of use makes some.
            if entries.count == entries.capacity { entries.removeAll { !$0.isOf(late: entry.since) } }
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % ShortestRoundTrips.count
        }
    }
}

extension Duration {
    /// Rounded towards zero; what is longer than 292 years counts as that.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : whole &+ attoseconds / 1_000_000_000
    }
}
