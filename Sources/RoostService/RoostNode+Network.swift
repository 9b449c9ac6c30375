import Basics
import Cryptography
import Exchange
import NIOCore
import NodeCore
import PeerCore
import Station

/// How a node and its person stand.
public struct ServiceStatus: Hashable, Sendable {
    /// The person.
    public let peerID: PeerID
    /// The node.
    public let nodeID: NodeID
    /// Whether the node has found its network, or is the first of it.
    public let isReady: Bool
    /// Where it listens.
    public let endpoints: [Endpoint]
    /// What others reach it at, as most of those asked say; empty while nobody has said.
    public let externalEndpoints: [Endpoint]
    /// Whether third nodes reach it there by dials of their own; nil while that is open, as where there are too few. A
    /// node that nobody reaches takes part as a client: its mail comes through mailboxes.
    public let isReachable: Bool?
    /// Contacts in the routing table.
    public let contacts: Int
    /// How many nodes the network has, as far as can be told; nil while too little is known.
    public let networkSize: Int?
    /// Mailboxes of others in which something waits here.
    public let mailboxes: Int
    /// Envelopes kept for others.
    public let envelopes: Int
    /// Bytes of these envelopes.
    public let bytes: Int
    /// Sent messages that are still under way.
    public let outbox: Int
    /// These by their states.
    public let outboxStates: [MessageState: Int]
    /// How long ago the oldest of those that are nowhere but here was accepted; nil where there is none.
    public let oldestQueued: Duration?
    /// What was sent and received since the start.
    public let traffic: ServiceTraffic
    /// How sending goes: what left this machine and what its system refused.
    public let sending: SendHealth
    /// For how long the system has refused every datagram; nil while some leave.
    public let nothingLeavesFor: Duration?
    /// Whether the disk is full, so that new messages and mail are refused.
    public let isDiskFull: Bool
    /// How many times something in the store was found damaged; it counts as lost.
    public let damagedReads: Int
    /// How long the node has run.
    public let uptime: Duration
    /// What is wrong and what to do about it, the worst first.
    public let problems: [Problem]
}

/// One node of the routing table.
public struct RoutingEntry: Hashable, Sendable {
    /// The node and where it is reached.
    public let contact: Contact
    /// The length of the prefix that its ID shares with ours.
    public let bucket: Int
    /// How long ago it last answered.
    public let lastSeen: Duration
}

extension RoostNode {
    /// How the node and its person stand. Throws `stopped`.
    public func status() throws(ServiceError) -> ServiceStatus {
        let problems = lookForProblems()
        guard let station else { throw .stopped }
        let node = station.node.status
        return ServiceStatus(
            peerID: peerID, nodeID: nodeID, isReady: node.isJoined, endpoints: endpoints,
            externalEndpoints: [node.external?.ipv4, node.external?.ipv6].compactMap { $0 },
            isReachable: node.isReachable, contacts: node.contacts, networkSize: node.networkSize,
            mailboxes: node.mailboxes,
            envelopes: node.envelopes, bytes: node.bytes,
            outbox: station.agent?.pendingCount ?? 0, outboxStates: station.outboxStates,
            oldestQueued: station.agent?.oldestQueued.map {
                .seconds(max(0, SystemClock.now().utc.seconds(since: $0)))
            },
            traffic: traffic, sending: departures.health,
            nothingLeavesFor: departures.health.failingSince.map { Instant(NIODeadline.now()) - $0 },
            isDiskFull: health.isFull, damagedReads: health.damagedReads,
            uptime: Instant(NIODeadline.now()) - Instant(started),
            problems: problems)
    }

    /// Sets the gauges among the metrics to how things stand: to be called before they are read, or now and then where they
    /// are pushed. What is counted is there without.
    public func refreshMetrics() {
        if let station { instruments.gauges.show(station, uptime: .now() - started) }
        instruments.gauges.show(isDiskFull: health.isFull)
        instruments.gauges.show(lookForProblems())
    }

    /// Waits until the node is ready; whether it was in time.
    public func waitUntilReady(timeout: Duration) async throws(ServiceError) -> Bool {
        let deadline = NIODeadline.after(timeout)
        while !isReady {
            switch await news(of: .readiness, until: deadline) {
            case .news, .failed: continue
            case .deadline: return false
            case .cancelled: throw .cancelled
            case .stopped: throw .stopped
            }
        }
        return true
    }

    /// The routing table, nearest bucket last.
    public func nodes() -> [RoutingEntry] {
        let now = SystemClock.now().monotonic
        var entries: [RoutingEntry] = []
        station?.node.forEachContact { entry in
            entries.append(
                RoutingEntry(contact: entry.contact, bucket: entry.bucket, lastSeen: now - entry.lastSeen))
        }
        return entries
    }

    /// Looks up the nodes closest to a point of the keyspace: a report for each round, the last of which is the result.
    /// Throws `busy` where too many lookups are under way.
    public func lookup(_ target: Bytes32) -> AsyncThrowingStream<LookupReport, any Error> {
        let (id, stream) = lookups.add(ended: phase != .running) { id in
            self.eventLoop.execute { self.assumeIsolated { $0.abandonLookup(id) } }
        }
        station?.command(.lookup(target: target), id: id, now: SystemClock.now(), into: &effects)
        settle()
        return stream
    }

    /// Looks up the buddies of a peer's present mailbox. Throws `peerInvalid` where the ID is no usable key.
    public func lookup(
        _ peer: PeerID
    ) throws(ServiceError) -> AsyncThrowingStream<LookupReport, any Error> {
        guard let key = peer.blindedKey(for: .mailbox, epoch: SystemClock.now().utc.epoch) else {
            throw ServiceError(.peerInvalid, "The peer ID is not a valid key; ask the peer for it again.")
        }
        return lookup(key.location.bytes)
    }

    private func abandonLookup(_ id: CommandID) {
        guard lookups.remove(id) else { return }
        station?.command(.cancel(id), id: id, now: SystemClock.now(), into: &effects)
        settle()
    }
}

extension Station {
    /// How many messages are under way in each state.
    fileprivate var outboxStates: [MessageState: Int] {
        guard let agent else { return [:] }
        var counts: [MessageState: Int] = [:]
        for state in MessageState.allCases where state.isUnderWay { counts[state] = agent.pendingCount(in: state) }
        return counts
    }
}
