import Basics
import Sessions
import Wire

/// Event counters for monitoring. They contain no identities, and no logic depends on them. They belong to the driver's
/// outbox and take no room as they grow.
public struct Activity: Sendable {
    /// Something that is counted.
    public enum Event: Hashable, Sendable {
        /// A datagram led to nothing.
        case dropped(DropReason)
        case handshake(HandshakeOutcome)
        /// A session was seen over another path than its own.
        case path(PathOutcome)
        /// A request of this node's own is over.
        case asked(RPCKind, RequestOutcome)
        /// A request of another node was answered, including with a refusal.
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
        /// The time from the first sending of a request to its answer, retransmissions included.
        case roundTrip(RPCKind, Duration)
        /// A search for the closest nodes is done.
        case search(rounds: Int, requests: Int, Duration)
        /// Something that takes several requests has done what it could.
        case operation(Operation, Duration)
    }

    /// Session handshakes.
    public enum HandshakeOutcome: Int, CaseIterable, Sendable {
        /// One that this node began was answered.
        case completed
        /// Another node began one, and has proved its address since.
        case accepted
        /// One that this node began and that got no answer.
        case unanswered
    }

    /// What came of a session that was seen over another path than its own.
    public enum PathOutcome: Int, CaseIterable, Sendable {
        /// It goes over that path since.
        case followed
        /// It stayed, as its own path has answered.
        case stayed
        /// It stayed, as that path has proved nothing.
        case unproven
        /// It has gone back to the path that it had left.
        case returned
    }

    /// How a request of this node's own ended.
    public enum RequestOutcome: Int, CaseIterable, Sendable {
        case answered, refused, malformed
        /// No answer came in spite of all retransmissions.
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

    /// What is done over one or several requests.
    public enum Operation: Int, CaseIterable, Sendable {
        /// A lookup that a command asked for.
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
        /// Comparing what is kept for others with another node, fetching what is lacking here, bringing what is lacking there.
        case repair
        /// Asking a node whether it keeps what it acknowledged.
        case audit
        /// Telling a client what has come into its mailbox.
        case announcement
        /// Asking a buddy to go on telling what comes into the person's mailbox.
        case renewal
        /// Having an offer of a way passed on to a peer.
        case offering
        /// Passing such an offer on.
        case passage
        case recordFetch, collection, discard
        /// Finding out whether others reach a newcomer, or this node.
        case confirmation
    }

    public enum OperationOutcome: Int, CaseIterable, Sendable { case finished, gaveUp, cancelled }

    private var counts = [Int](repeating: 0, count: Activity.events.count)
    private var isEmpty = true
    /// Datagrams that came in, by what they were for.
    public var received = Traffic()
    /// What was measured since the driver last looked. Full, it takes no more: a driver that never looks, as the
    /// simulator, has nothing growing.
    private var samples: [Sample] = []

    private static let maximumSamples = 1_024

    public init() {}

    mutating func record(_ event: Event, count: Int = 1) {
        guard count > 0 else { return }
        counts[Activity.place(of: event)] += count
        isEmpty = false
    }

    mutating func record(_ sample: Sample) {
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
    /// What is counted, by what it is about.
    private enum Group: Int, CaseIterable {
        case dropped, handshake, path, asked, served, refused, brought, declined, operation
    }

    /// The events of a group, in the order of their indices.
    private static func events(of group: Group) -> [Event] {
        switch group {
        case .dropped: DropReason.allCases.map { .dropped($0) }
        case .handshake: HandshakeOutcome.allCases.map { .handshake($0) }
        case .path: PathOutcome.allCases.map { .path($0) }
        case .asked: pairs(RPCKind.self, RequestOutcome.self) { .asked($0, $1) }
        case .served: RPCKind.allCases.map { .served($0) }
        case .refused: RefusalReason.allCases.map { .refused($0) }
        case .brought: pairs(Kept.self, BroughtOutcome.self) { .brought($0, $1) }
        case .declined: pairs(Kept.self, RefusalReason.self) { .declined($0, $1) }
        case .operation: pairs(Operation.self, OperationOutcome.self) { .operation($0, $1) }
        }
    }

    /// The group of an event, and its index there.
    private static func index(of event: Event) -> (group: Group, index: Int) {
        switch event {
        case .dropped(let reason): (.dropped, reason.ordinal)
        case .handshake(let outcome): (.handshake, outcome.ordinal)
        case .path(let outcome): (.path, outcome.ordinal)
        case .asked(let kind, let outcome): (.asked, ordinal(kind, outcome))
        case .served(let kind): (.served, kind.ordinal)
        case .refused(let reason): (.refused, reason.ordinal)
        case .brought(let kept, let outcome): (.brought, ordinal(kept, outcome))
        case .declined(let kept, let reason): (.declined, ordinal(kept, reason))
        case .operation(let operation, let outcome): (.operation, ordinal(operation, outcome))
        }
    }

    private static func pairs<First: Ordinal, Second: Ordinal>(
        _: First.Type, _: Second.Type, _ event: (First, Second) -> Event
    ) -> [Event] {
        First.allCases.flatMap { first in Second.allCases.map { event(first, $0) } }
    }

    private static func ordinal<Second: Ordinal>(_ first: some Ordinal, _ second: Second) -> Int {
        first.ordinal * Second.allCases.count + second.ordinal
    }

    /// Every event, each at its place.
    public static let events: [Event] = Group.allCases.flatMap(events(of:))

    /// Where each group begins.
    private static let starts: [Int] = Group.allCases.reduce(into: []) { starts, group in
        starts.append((starts.last ?? 0) + (Group(rawValue: group.rawValue - 1).map { events(of: $0).count } ?? 0))
    }

    /// The index of an event in `events`.
    package static func place(of event: Event) -> Int {
        let (group, index) = index(of: event)
        return starts[group.rawValue] + index
    }
}

/// Cases that are counted: numbered in their order, from 0.
private protocol Ordinal: CaseIterable, RawRepresentable { var ordinal: Int { get } }

extension Ordinal where RawValue == Int {
    fileprivate var ordinal: Int { rawValue }
}

/// Numbers on the wire run from 1.
extension Ordinal where RawValue == UInt8 {
    fileprivate var ordinal: Int { Int(rawValue) - 1 }
}

extension DropReason: Ordinal {}
extension RPCKind: Ordinal {}
extension RefusalReason: Ordinal {}
extension Activity.HandshakeOutcome: Ordinal {}
extension Activity.PathOutcome: Ordinal {}
extension Activity.RequestOutcome: Ordinal {}
extension Activity.Kept: Ordinal {}
extension Activity.BroughtOutcome: Ordinal {}
extension Activity.Operation: Ordinal {}
extension Activity.OperationOutcome: Ordinal {}
