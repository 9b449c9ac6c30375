import Basics
import Sessions
import Wire

/// What nodes did and what befell them, counted for whoever watches: nothing in it names anybody, and nothing depends on
/// it. It belongs to the driver's outbox and takes no room as it grows.
public struct Activity: Sendable {
    /// Something that is counted.
    public enum Event: Hashable, Sendable {
        /// A datagram led to nothing.
        case dropped(DropReason)
        case handshake(HandshakeOutcome)
        /// A request of this node's own is over.
        case asked(RPCKind, RequestOutcome)
        /// A request of another's was answered, be it by a refusal.
        case served(RPCKind)
        /// A request of another's was refused.
        case refused(RefusalReason)
        /// Another brought something to keep.
        case brought(Kept, BroughtOutcome)
        /// Another brought something to keep, and it was refused.
        case declined(Kept, RefusalReason)
        /// Something that takes several requests is over.
        case operation(Operation, OperationOutcome)
    }

    /// A measurement.
    public enum Sample: Sendable {
        /// An answer came so long after its request was first sent, repetitions included.
        case roundTrip(RPCKind, Duration)
        /// A search for the closest nodes is done.
        case search(rounds: Int, requests: Int, Duration)
        /// Something that takes several requests has done what it could.
        case operation(Operation, Duration)
    }

    /// Session handshakes.
    public enum HandshakeOutcome: Int, CaseIterable, Sendable {
        /// Ours was answered.
        case completed
        /// Another's, which has proved its address since.
        case accepted
        /// Ours, which nobody answered.
        case unanswered
    }

    /// How a request of this node's own ended.
    public enum RequestOutcome: Int, CaseIterable, Sendable {
        case answered, refused, malformed
        /// Nobody answered, however often it was repeated.
        case unanswered
        /// What had sent it ended before an answer came.
        case abandoned
        /// It couldn't be sent: too much is under way, or its address answers nothing.
        case unsent
    }

    /// What others bring to keep.
    public enum Kept: Int, CaseIterable, Sendable { case envelope, record }

    /// How that is taken.
    public enum BroughtOutcome: Int, CaseIterable, Sendable {
        /// It is here, durably.
        case kept
        /// Its owner has collected it already.
        case collected
    }

    /// What takes several requests.
    public enum Operation: Int, CaseIterable, Sendable {
        /// A lookup that somebody asked for.
        case lookup
        /// Finding the own neighbourhood.
        case join
        /// Keeping the routing table fresh.
        case refresh
        /// Bringing an envelope to a mailbox's buddies.
        case deposit
        /// Bringing the person's record to its keepers.
        case publication
        /// Bringing an envelope straight to its recipient.
        case delivery
        /// Repair: bringing a kept record to those that lack it.
        case handOver
        case recordFetch, collection, discard
        /// Finding out whether others reach a newcomer, or this node.
        case confirmation
    }

    public enum OperationOutcome: Int, CaseIterable, Sendable { case finished, gaveUp, cancelled }

    private var counts = [Int](repeating: 0, count: Activity.placeCount)
    private var isEmpty = true
    /// Datagrams that came in, by what they were for.
    public var received = Traffic()
    /// What came of larger things, one by one, where the driver wants to know.
    public var reports = NodeReports()
    /// What was measured since the driver last looked. Full, it takes no more: a driver that never looks, as the
    /// simulator, has nothing growing.
    private var samples: [Sample] = []

    private static let maximumSamples = 1_024

    public init() {}

    mutating func note(_ event: Event, count: Int = 1) {
        guard count > 0 else { return }
        counts[Activity.place(of: event)] += count
        isEmpty = false
    }

    mutating func note(_ sample: Sample) {
        if samples.count < Activity.maximumSamples { samples.append(sample) }
    }

    /// Hands over what was counted, by `place`, and what was measured, and forgets it.
    public mutating func drain(count: (_ place: Int, _ count: Int) -> Void, sample: (Sample) -> Void) {
        for one in samples { sample(one) }
        samples.removeAll(keepingCapacity: true)
        guard !isEmpty else { return }
        for place in counts.indices where counts[place] > 0 {
            count(place, counts[place])
            counts[place] = 0
        }
        isEmpty = true
    }
}

extension Activity {
    // Where each kind of event begins.
    private static let handshakes = DropReason.allCases.count
    private static let asked = handshakes + HandshakeOutcome.allCases.count
    private static let served = asked + RPCKind.allCases.count * RequestOutcome.allCases.count
    private static let refused = served + RPCKind.allCases.count
    private static let brought = refused + RefusalReason.allCases.count
    private static let declined = brought + Kept.allCases.count * BroughtOutcome.allCases.count
    private static let operations = declined + Kept.allCases.count * RefusalReason.allCases.count
    private static let placeCount = operations + Operation.allCases.count * OperationOutcome.allCases.count

    /// Every event, each at its place.
    public static let events: [Event] =
        DropReason.allCases.map { .dropped($0) } + HandshakeOutcome.allCases.map { .handshake($0) }
        + RPCKind.allCases.flatMap { kind in RequestOutcome.allCases.map { .asked(kind, $0) } }
        + RPCKind.allCases.map { .served($0) } + RefusalReason.allCases.map { .refused($0) }
        + Kept.allCases.flatMap { kept in BroughtOutcome.allCases.map { .brought(kept, $0) } }
        + Kept.allCases.flatMap { kept in RefusalReason.allCases.map { .declined(kept, $0) } }
        + Operation.allCases.flatMap { operation in OperationOutcome.allCases.map { .operation(operation, $0) } }

    /// The index of an event in `events`. The numbers on the wire of RPCs and refusals run from 1.
    package static func place(of event: Event) -> Int {
        switch event {
        case .dropped(let reason): reason.rawValue
        case .handshake(let outcome): handshakes + outcome.rawValue
        case .asked(let kind, let outcome):
            asked + (Int(kind.rawValue) - 1) * RequestOutcome.allCases.count + outcome.rawValue
        case .served(let kind): served + Int(kind.rawValue) - 1
        case .refused(let reason): refused + Int(reason.rawValue) - 1
        case .brought(let kept, let outcome):
            brought + kept.rawValue * BroughtOutcome.allCases.count + outcome.rawValue
        case .declined(let kept, let reason):
            declined + kept.rawValue * RefusalReason.allCases.count + Int(reason.rawValue) - 1
        case .operation(let operation, let outcome):
            operations + operation.rawValue * OperationOutcome.allCases.count + outcome.rawValue
        }
    }
}
