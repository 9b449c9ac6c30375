import Basics
import Cryptography
import Exchange
import NIOCore
import NodeCore
import PeerCore
import Reports
import Sessions
import Station

/// One node of the routing table.
public struct RoutingEntry: Hashable, Sendable {
    /// The node and where it is reached.
    public let contact: Contact
    /// The length of the prefix that its ID shares with ours.
    public let bucket: Int
    /// How long ago it last answered.
    public let lastSeen: Duration
    /// Where the session with it goes; nil where there is none.
    public let session: SessionPath?
}

extension RoostNode {
    /// How the node and its person stand; `version` is the program's. Throws `stopped`.
    public func status(version: String = "") throws(ServiceError) -> StatusReport {
        let problems = lookForProblems()
        guard let station else { throw .stopped }
        let node = station.node.status
        var report = StatusReport(id: peerID, node: nodeID)
        report.state = node.isJoined ? .ready : .joining
        report.version = version
        report.endpoints = endpoints
        report.external = [node.external?.ipv4, node.external?.ipv6].compactMap { $0 }
        report.reachable = node.isReachable
        report.portMapping = mappingReport
        report.announcers = station.agent?.announcers
        report.power = power
        report.contacts = node.contacts
        report.networkSize = node.networkSize
        report.mailboxes = node.mailboxes
        report.envelopes = node.envelopes
        report.bytes = node.bytes
        report.outbox = station.agent?.pendingCount ?? 0
        report.outboxByState = OutboxReport(
            queued: station.agent?.pendingCount(in: .queued) ?? 0,
            stored: station.agent?.pendingCount(in: .stored) ?? 0,
            collected: station.agent?.pendingCount(in: .collected) ?? 0)
        report.oldestQueuedSeconds = station.agent?.oldestQueued.map {
            Int(clamping: max(0, SystemClock.now().utc.seconds(since: $0)))
        }
        report.traffic = traffic
        report.readReceipts = station.agent?.tellsOfReading
        report.disk = health.isFull ? .full : .ok
        report.damagedReads = health.damagedReads
        report.uptimeSeconds = Int((NIODeadline.now() - started).nanoseconds / 1_000_000_000)
        report.warnings = problems.map {
            WarningReport(code: $0.code.rawValue, message: $0.message, advice: $0.advice)
        }
        return report
    }

    /// Sets the gauges among the metrics to the present state. Call it before they are read, or from time to time if
    /// they are pushed. Counters are up to date without it, but for that of the datagrams that the system has dropped.
    public func refreshMetrics() {
        guard let station, let report = try? status() else { return }
        instruments.gauges.show(report)
        instruments.gauges.show(station.node.status, uptime: .now() - started)
        guard let sockets else { return }
        let count = sockets.overflowed
        instruments.recordOverflowed(Int(count &- overflowed))
        overflowed = count
    }

    /// Waits until the node is ready; whether it was in time.
    public func waitUntilReady(timeout: Duration) async throws(ServiceError) -> Bool {
        let deadline = NIODeadline.after(timeout)
        while true {
            let place = waiters.enter(for: .readiness)
            guard !isReady else {
                waiters.leave(place)
                return true
            }
            switch await news(at: place, until: deadline) {
            case .news, .failed: continue
            case .deadline: return false
            case .cancelled: throw .cancelled
            case .stopped: throw .stopped
            }
        }
    }

    /// The routing table, nearest bucket last.
    public func nodes() -> [RoutingEntry] {
        let now = SystemClock.now().monotonic
        var entries: [RoutingEntry] = []
        guard let node = station?.node else { return [] }
        node.forEachContact { entry in
            entries.append(
                RoutingEntry(
                    contact: entry.contact, bucket: entry.bucket, lastSeen: now - entry.lastSeen,
                    session: node.path(to: entry.contact.id)))
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
        finishTurn()
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
        finishTurn()
    }
}
