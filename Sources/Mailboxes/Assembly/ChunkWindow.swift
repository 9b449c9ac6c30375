import Basics

/// The state of one transfer with one node, in either direction: which chunks are under way, which of them are lost,
/// and how many may be under way at once.
///
/// The window grows by one for each chunk that arrives; after the first decrease, by one for each round trip (RFC 5681
/// §3.1). Radio links lose many datagrams without being full, so that a single loss means nothing: the window halves
/// where more than half of it is lost. A chunk is lost when others sent sufficiently later were answered (RFC 9002
/// §6.1.1), or after a timeout.
struct ChunkWindow {
    private enum State { case underWay, answered, lost }
    private struct Sending {
        let chunk: Int
        var state = State.underWay
    }

    /// Chunks that may be under way.
    private(set) var size = Limits.initialWindow
    private var threshold = Limits.largestWindow
    /// Arrivals since the last growth.
    private var credit = 0
    /// All sendings by number: a chunk that is sent again gets another number.
    private var sendings: [Sending] = []
    /// No sending before this one is under way.
    private var firstUnderWay = 0
    /// The chunks under way.
    private(set) var underWay: ChunkSet = 0
    /// The latest sending answered.
    private var latestAnswered = -1
    /// A chunk counts as lost when one sent this many places later is answered. It grows where answers are reordered.
    private var reordering = Limits.reorderingThreshold
    private var roundTrips = RoundTripEstimator()
    /// The round trip ends with an answer to this sending or a later one.
    private var roundEnd = 0
    private var lostInRound = 0
    /// Sendings before this one belong to a window for which a decrease, or a failure, was counted already.
    private var decreasedBefore = 0
    private var failedBefore = 0
    /// Windows with a loss since anything arrived.
    private(set) var failures = 0
    /// Marks reached since it began.
    private(set) var marks = MarkSet()

    /// Whether another chunk may be sent.
    var hasRoom: Bool { underWay.nonzeroBitCount < size }

    /// How often chunks were sent.
    var sendingCount: Int { sendings.count }

    /// How long to wait for an answer, or nil before the first one. A chunk that others' answers don't show as lost may
    /// well be on its way, behind a queue that has just grown: half a round trip is added for that. Two failures in a
    /// row are not unusual where the last chunk alone is under way; from then on the timeout backs off (RFC 6298 §5.5).
    var timeout: Duration? {
        roundTrips.roundTrip.map { max(roundTrips.timeout(failures: failures - 2), $0 + $0 / 2) }
    }

    /// Records that a chunk is sent, and returns the number of the sending.
    mutating func send(_ chunk: Int) -> Int {
        underWay |= ChunkSet(chunk: chunk)
        sendings.append(Sending(chunk: chunk))
        return sendings.count - 1
    }

    /// The chunk sent under a number, or nil.
    func chunk(of number: Int) -> Int? { sendings.indices.contains(number) ? sendings[number].chunk : nil }

    /// A sending was answered. `roundTrip` is nil where it wasn't measured.
    mutating func observeAnswer(to number: Int, roundTrip: Duration?) {
        guard sendings.indices.contains(number) else { return }
        let isSpurious = sendings[number].state == .lost
        end(number, as: .answered)
        if let roundTrip { roundTrips.observe(roundTrip) }
        if isSpurious { marks.insert(.lossWasSpurious) }
        if isSpurious { reordering = min(max(reordering, latestAnswered - number + 1), Limits.largestWindow) }
        latestAnswered = max(latestAnswered, number)
        if number >= roundEnd {
            roundEnd = sendings.count
            lostInRound = 0
        }
        while firstUnderWay < sendings.count, sendings[firstUnderWay].state != .underWay { firstUnderWay += 1 }
        var earlier = firstUnderWay
        while earlier + reordering <= latestAnswered {
            if sendings[earlier].state == .underWay {
                marks.insert(.chunkLostByOrder)
                lose(earlier)
            }
            earlier += 1
        }
    }

    /// These chunks are newly known to have arrived: their sendings under way need no answer any more.
    mutating func observeArrival(of chunks: ChunkSet) {
        failures = 0
        if underWay & chunks != 0 {
            for number in firstUnderWay..<sendings.count
            where sendings[number].state == .underWay && chunks.contains(sendings[number].chunk) {
                end(number, as: .answered)
            }
        }
        credit += chunks.nonzeroBitCount
        while size < Limits.largestWindow, credit >= (size < threshold ? 1 : size) {
            credit -= size < threshold ? 1 : size
            size += 1
        }
    }

    /// A sending timed out. A late answer still counts.
    mutating func observeTimeout(of number: Int) {
        guard sendings.indices.contains(number), sendings[number].state == .underWay else { return }
        marks.insert(.chunkTimedOut)
        lose(number)
    }

    /// Forgets all sendings under way: they don't matter any more.
    mutating func abandon() {
        for number in firstUnderWay..<sendings.count { end(number, as: .answered) }
    }

    private mutating func lose(_ number: Int) {
        end(number, as: .lost)
        if number >= failedBefore {
            failedBefore = sendings.count
            failures += 1
        }
        guard number >= decreasedBefore else { return }
        lostInRound += 1
        guard lostInRound * 2 > size else { return }
        decreasedBefore = sendings.count
        lostInRound = 0
        credit = 0
        size = max(Limits.smallestWindow, size / 2)
        marks.insert(.windowHalved)
        threshold = size
    }

    private mutating func end(_ number: Int, as state: State) {
        // Its chunk may be under way again under a later number.
        if sendings[number].state == .underWay { underWay &= ~ChunkSet(chunk: sendings[number].chunk) }
        sendings[number].state = state
    }
}
