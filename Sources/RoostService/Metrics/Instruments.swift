import Basics
import CoreMetrics
import NIOCore
import NodeCore
import PeerCore
import Sessions
import Station
import Storage
import Wire

/// Measures what a node's driver does, for any backend of swift-metrics. Every series is made at the start, with the
/// value zero, so that events which never happened show as zero.
struct Instruments: Sendable {
    private struct Flow: Sendable {
        let datagrams: Counter
        let bytes: Counter
    }

    /// How an upload to other nodes ended.
    private enum UploadOutcome: Int, CaseIterable { case done, short }
    private enum UploadKind: Int, CaseIterable { case deposit, publication, delivery }

    // By place, as the cores count.
    private let sent: [Flow?]
    private let received: [Flow?]
    private let refused: [Counter]
    private let events: [Counter?]
    private let overflowed: Counter
    private let crowdedOut: Counter
    private let messages: [Counter]
    private let uploads: [Counter]

    /// By the RPC's number.
    private let roundTrips: [Timer?]
    private let operations: [Timer]
    private let lookupDuration: Timer
    private let lookupRounds: Recorder
    private let lookupRequests: Recorder
    private let deliveryTime: Timer

    private let commits: [CommitResult: Counter]
    private let commitDuration: Timer
    private let commitWrites: Recorder

    /// How things stand.
    let gauges: Gauges

    init(_ factory: any MetricsFactory) {
        func counter(_ name: String, _ labels: [(String, String)]) -> Counter {
            Counter(label: name, dimensions: labels, factory: factory)
        }
        func timer(_ name: String, _ labels: [(String, String)] = []) -> Timer {
            Timer(label: name, dimensions: labels, factory: factory)
        }
        func recorder(_ name: String) -> Recorder { Recorder(label: name, aggregate: true, factory: factory) }
        func flows(_ datagrams: String, _ bytes: String) -> [Flow?] {
            var flows = [Flow?](repeating: nil, count: Traffic.placeCount)
            for kind in Traffic.kinds {
                let labels = [("kind", MetricLabels.traffic(kind))]
                flows[Traffic.place(of: kind)] = Flow(
                    datagrams: counter(datagrams, labels), bytes: counter(bytes, labels))
            }
            return flows
        }
        sent = flows("roost_datagrams_sent_total", "roost_sent_bytes_total")
        received = flows("roost_datagrams_received_total", "roost_received_bytes_total")
        refused = SendRefusal.allCases.map {
            counter("roost_datagrams_refused_total", [("reason", MetricLabels.name($0))])
        }
        events = Activity.events.map { MetricLabels.counter(of: $0).map { counter($0.name, $0.labels) } }
        overflowed = counter("roost_datagrams_dropped_total", [("reason", "overflowed")])
        crowdedOut = counter("roost_datagrams_dropped_total", [("reason", "crowded_out")])
        messages = PeerActivity.Event.allCases.map {
            counter("roost_messages_total", [("event", MetricLabels.name($0))])
        }
        uploads = UploadKind.allCases.flatMap { kind in
            UploadOutcome.allCases.map { outcome in
                counter(
                    "roost_uploads_total", [("kind", MetricLabels.name(kind)), ("outcome", MetricLabels.name(outcome))])
            }
        }
        var roundTrips = [Timer?](repeating: nil, count: RPCKind.allCases.count + 1)
        for kind in RPCKind.inUse {
            roundTrips[Int(kind.rawValue)] = timer("roost_rpc_duration_seconds", [("kind", MetricLabels.name(kind))])
        }
        self.roundTrips = roundTrips
        operations = Activity.Operation.allCases.map {
            timer("roost_operation_duration_seconds", [("kind", MetricLabels.name($0))])
        }
        lookupDuration = timer("roost_lookup_duration_seconds")
        lookupRounds = recorder("roost_lookup_rounds")
        lookupRequests = recorder("roost_lookup_requests")
        deliveryTime = timer("roost_message_delivery_seconds")
        var commits: [CommitResult: Counter] = [:]
        for result in [CommitResult.committed, .full, .failed] {
            commits[result] = counter("roost_commits_total", [("result", MetricLabels.name(result))])
        }
        self.commits = commits
        commitDuration = timer("roost_commit_duration_seconds")
        commitWrites = recorder("roost_commit_writes")
        gauges = Gauges(factory)
    }

    // MARK: What the cores counted

    /// Takes what a node has counted; returns how many datagrams were noise or too much.
    func drain(_ outbox: inout Outbox) -> Int {
        var dropped = 0
        outbox.traffic.drain { place, count in record(sent[place], count) }
        outbox.activity.received.drain { place, count in record(received[place], count) }
        outbox.activity.drain { place, count in
            events[place]?.increment(by: count)
            if DropWatch.counts[place] { dropped += count }
        } sample: { sample in
            switch sample {
            case .roundTrip(let kind, let duration):
                roundTrips[Int(kind.rawValue)]?.recordNanoseconds(duration.nanoseconds)
            case .operation(let operation, let duration):
                operations[operation.rawValue].recordNanoseconds(duration.nanoseconds)
            case .search(let rounds, let requests, let duration):
                lookupRounds.record(rounds)
                lookupRequests.record(requests)
                lookupDuration.recordNanoseconds(duration.nanoseconds)
            }
        }
        return dropped
    }

    /// Counts datagrams that the system didn't take.
    func recordRefused(_ count: Int, because reason: SendRefusal) { refused[reason.place].increment(by: count) }

    /// Counts datagrams that the system dropped before the node could read them.
    func recordOverflowed(_ count: Int) { overflowed.increment(by: count) }

    /// Counts datagrams that the node dropped, as their senders' blocks had sent more than their turn while it was behind.
    func recordCrowdedOut(_ count: Int) { crowdedOut.increment(by: count) }

    private func record(_ flow: Flow?, _ count: Traffic.Count) {
        flow?.datagrams.increment(by: count.datagrams)
        flow?.bytes.increment(by: count.bytes)
    }

    /// Takes what an agent has counted.
    func drain(_ outbox: inout PeerOutbox) {
        outbox.activity.drain { event, count in
            messages[event.rawValue].increment(by: count)
        } delivery: { seconds in
            deliveryTime.recordSeconds(seconds)
        }
    }

    /// Counts the outcome of an upload that the person's side requested.
    func record(_ passage: Passage) {
        switch passage {
        case .event(.depositFinished(_, let tally, let collected)):
            record(.deposit, tally.hasQuorum || collected != nil)
        case .event(.recordPublished(_, let tally)): record(.publication, tally.hasQuorum)
        case .event(.delivery(_, let outcome)): record(.delivery, outcome == .accepted)
        case .event, .command: break
        }
    }

    private func record(_ kind: UploadKind, _ isDone: Bool) {
        let outcome = isDone ? UploadOutcome.done : .short
        uploads[kind.rawValue * UploadOutcome.allCases.count + outcome.rawValue].increment()
    }

    // MARK: Commits

    /// A commit that is measured.
    func measured(
        _ commit: @escaping @Sendable ([StoreWrite]) -> CommitResult
    ) -> @Sendable ([StoreWrite]) -> CommitResult {
        { [commits, commitDuration, commitWrites] writes in
            let started = NIODeadline.now()
            let result = commit(writes)
            commitDuration.recordNanoseconds((NIODeadline.now() - started).nanoseconds)
            commitWrites.record(writes.count)
            commits[result]?.increment()
            return result
        }
    }
}

extension Duration {
    /// Whole nanoseconds, as timers take them: up to some centuries.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return min(max(seconds, 0), 1 << 33) * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
