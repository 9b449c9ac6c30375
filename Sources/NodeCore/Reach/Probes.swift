import Basics

/// The dials that a node makes because others ask it to confirm that a node can be reached.
///
/// A dial is a hello from the second port. No NAT has been opened towards that port: the node behind it has never sent
/// anything there (RFC 5780, §4.4, tests filtering the same way). An endpoint is dialled once in two minutes, whichever
/// nodes ask and however often, so that no requester makes a node flood another.
struct Probes: Sendable {
    private struct Probe {
        let endpoint: Endpoint
        let host: Account
        /// The block of addresses that asked for it.
        let asker: Account
        let nonce: UInt64
        let startedAt: Instant
        var isRepeated = false
        /// The key claimed by the node that answered.
        var key: PublicKey?

        /// When it is to be repeated.
        var repetition: Instant? { isRepeated || key != nil ? nil : startedAt + Limits.probeRepetition }
    }

    /// Oldest first.
    private var probes: [Probe] = []
    /// When the next is to be repeated.
    private(set) var nextDeadline: Instant?

    /// What is known of an endpoint.
    func finding(at endpoint: Endpoint, now: Instant) -> DialFinding {
        guard
            let probe = probes.last(where: { $0.endpoint == endpoint && now - $0.startedAt < Limits.probeTime })
        else { return .unknown }
        if let key = probe.key { return .answered(key) }
        return now - probe.startedAt < Limits.probeRepetition * 2 ? .underWay : .silent
    }

    /// Notes a dial, unless there have been enough; false then.
    mutating func begin(_ endpoint: Endpoint, for asker: Endpoint, nonce: UInt64, now: Instant) -> Bool {
        let (host, asker) = (Account.host(of: endpoint), Account.block(of: asker))
        probes.removeAll { now - $0.startedAt >= Limits.probeTime }
        recordRepetitions()
        guard probes.count < Limits.probes,
            probes.count(where: { $0.host == host }) < Limits.probesPerHost,
            probes.count(where: { $0.asker == asker }) < Limits.probesPerAsker,
            probes.count(where: { now - $0.startedAt < .seconds(1) }) < Limits.probesPerSecond
        else { return false }
        probes.append(Probe(endpoint: endpoint, host: host, asker: asker, nonce: nonce, startedAt: now))
        recordRepetitions()
        return true
    }

    /// An answer came to the second port: it counts if it is the first one to our question, from where we asked. Returns how
    /// often we had asked, or nil where it doesn't count.
    mutating func observeAnswer(_ nonce: UInt64, _ key: PublicKey, from endpoint: Endpoint) -> Int? {
        guard let index = probes.firstIndex(where: { $0.nonce == nonce && $0.endpoint == endpoint && $0.key == nil })
        else { return nil }
        probes[index].key = key
        recordRepetitions()
        return probes[index].isRepeated ? 2 : 1
    }

    /// A dial that is to be repeated now; called until nil.
    mutating func takeRepetition(now: Instant) -> (nonce: UInt64, endpoint: Endpoint)? {
        guard let nextDeadline, nextDeadline <= now else { return nil }
        guard let index = probes.firstIndex(where: { $0.repetition.map { $0 <= now } ?? false }) else { return nil }
        probes[index].isRepeated = true
        recordRepetitions()
        return (probes[index].nonce, probes[index].endpoint)
    }

    private mutating func recordRepetitions() { nextDeadline = probes.lazy.compactMap(\.repetition).min() }
}
