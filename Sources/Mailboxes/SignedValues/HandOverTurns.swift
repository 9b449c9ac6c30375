import Basics
import Storage
import Wire

/// When a holder republishes the records it keeps to the nodes that are the closest now.
///
/// A holder republishes a record only if nobody republished it to this node within the interval (Kademlia, §2.5). While
/// its owner is online, they do so about every hour; afterwards the holder whose turn comes first does it for all. A
/// holder to which the record never comes back is no longer among the closest, and its intervals grow.
struct HandOverTurns: Sendable {
    private struct Turn {
        var due: Instant
        var pause: Duration
    }

    private static let firstPause = Duration.seconds(3_600)
    private static let longestPause = Duration.seconds(86_400)

    private var turns: [Location: Turn] = [:]
    /// Where the present round through the records is, and when it goes on.
    fileprivate var cursor: [UInt8]?
    fileprivate var nextStep: Instant

    init(now: Instant) { nextStep = now }

    /// The record was republished to this node: its next turn comes after a delay drawn from `spread`, so that holders
    /// take turns.
    mutating func noteBrought(_ location: Location, spread: UInt64, now: Instant) {
        turns[location] = Turn(due: now + HandOverTurns.delay(HandOverTurns.firstPause, spread), pause: .zero)
    }

    /// Whether it is this node's turn; then the next one is set. A record not known yet counts as brought just now.
    fileprivate mutating func takeTurn(_ location: Location, spread: UInt64, now: Instant) -> Bool {
        guard let turn = turns[location] else {
            noteBrought(location, spread: spread, now: now)
            return false
        }
        guard turn.due <= now else { return false }
        let pause = min(max(turn.pause * 2, HandOverTurns.firstPause), HandOverTurns.longestPause)
        turns[location] = Turn(due: now + HandOverTurns.delay(pause, spread), pause: pause)
        return true
    }

    mutating func forget(_ location: Location) { turns[location] = nil }

    /// Between the whole pause and twice as long.
    private static func delay(_ pause: Duration, _ spread: UInt64) -> Duration {
        pause + pause * Int(spread >> 54) / 1_024
    }
}

extension Buddy {
    /// When `takeHandOvers` is due, or nil while no records are kept. It may be called some time later.
    public var nextHandOver: Instant? { usage.records > 0 ? handOvers.nextStep : nil }

    /// The records that this node is to hand on now: a few at a time, found in a round through all that it keeps.
    public mutating func takeHandOvers(now: Now, store: StoreView) -> [(location: Location, record: [UInt8])] {
        guard let due = nextHandOver, due <= now.monotonic else { return [] }
        handOvers.nextStep = now.monotonic + Limits.handOverStep
        var locations: [Location] = []
        store.scanHeads(.records, prefix: [], after: handOvers.cursor) { key, _, _ in
            if let bytes = Bytes32(key) { locations.append(Location(bytes)) }
            return locations.count < Limits.recordsPerHandOverStep
        }
        if locations.isEmpty { handOvers.cursor = nil }
        var taken: [(Location, [UInt8])] = []
        for location in locations {
            if handOvers.takeTurn(location, spread: spread(of: location), now: now.monotonic),
                let record = record(at: location, store: store),
                let signed = try? SignedRecord(decoding: record.span.bytes), signed.isTimely(now.utc)
            {
                taken.append((location, record))
            }
            // The next step goes on behind it, or begins anew behind the last.
            let isEnd = location == locations.last && locations.count < Limits.recordsPerHandOverStep
            handOvers.cursor = isEnd ? nil : StoredKey.location(location)
            if taken.count == Limits.handOversPerStep { break }
        }
        return taken
    }

    /// A record was brought that is, or becomes, the one kept here.
    mutating func noteBrought(_ location: Location, now: Now) {
        handOvers.noteBrought(location, spread: spread(of: location), now: now.monotonic)
    }

    /// What sets this node's turn apart from other holders': as good as random.
    private func spread(of location: Location) -> UInt64 { (location.bytes ^ own.bytes).words.3 }
}
