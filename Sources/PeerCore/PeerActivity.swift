import Basics

/// Event counters of a person's messages, for monitoring. No logic depends on them. They belong to the driver's outbox
/// and take no room as they grow.
public struct PeerActivity: Sendable {
    /// Something that is counted.
    public enum Event: Int, CaseIterable, Sendable {
        /// A message to a peer was accepted here.
        case accepted
        /// A quorum of buddies keeps it.
        case stored
        /// It has arrived, and its sender knows.
        case delivered
        /// It has expired or was cancelled.
        case failed
        /// A message from a peer has come.
        case received
        /// One that was stored was brought to its buddies again.
        case depositedAgain
    }

    private var counts = [Int](repeating: 0, count: Event.allCases.count)
    /// Seconds of civil time from acceptance to delivery, of each message delivered since the driver last looked. Full, it
    /// takes no more.
    private var deliveries: [Int64] = []

    private static let maximumDeliveries = 1_024

    public init() {}

    mutating func count(_ event: Event) { counts[event.rawValue] += 1 }

    mutating func countDelivery(after seconds: Int64) {
        count(.delivered)
        if deliveries.count < PeerActivity.maximumDeliveries { deliveries.append(max(0, seconds)) }
    }

    /// Hands over what was counted, and how many seconds deliveries took, and forgets it.
    public mutating func drain(count: (Event, Int) -> Void, delivery: (_ seconds: Int64) -> Void) {
        for event in Event.allCases where counts[event.rawValue] > 0 {
            count(event, counts[event.rawValue])
            counts[event.rawValue] = 0
        }
        for seconds in deliveries { delivery(seconds) }
        deliveries.removeAll(keepingCapacity: true)
    }
}
