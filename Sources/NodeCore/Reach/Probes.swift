import Basics

/// The dials that a node makes because others ask it to confirm that a node can be reached.
///
/// A dial is a hello from the second port. No NAT has been opened towards that port: the node behind it has never sent
/// anything there (RFC 5780, §4.4, tests filtering the same way). An endpoint is dialled once in two minutes, whichever
/// nodes ask and however often, so that no requester makes a node flood another.
///
/// A NAT that lets in all ports of an address shows only to a node that it hasn't sent anything to. So a node that asks about
/// itself, and answers, is asked about at another.
struct Probes: Sendable {
    private struct Probe {
        let endpoint: Endpoint
        let host: Account
        let nonce: UInt64
        let startedAt: Instant
        let cause: DialCause
        var sends = 1
        /// The key claimed by the node that answered.
        var key: PublicKey?
        /// What another node was asked about it; nil where none was.
        var passed: PassedQuestion?

        /// When it is to be repeated.
        var repetition: Instant? {
            sends >= Limits.probeSends || key != nil ? nil : startedAt + Limits.probeRepetition * sends
        }
    }

    /// Oldest first.
    private var probes: [Probe] = []
    /// When the next is to be repeated.
    private(set) var nextDeadline: Instant?

    /// What is known of an endpoint.
    func finding(at endpoint: Endpoint, now: Instant) -> DialFinding {
        guard let probe = index(of: endpoint, now: now).map({ probes[$0] }) else { return .unknown }
        if let key = probe.key { return .answered(key, isUnprompted: probe.cause.isUnprompted) }
        return now - probe.startedAt < Limits.probeRepetition * Limits.probeSends ? .underWay : .silent
    }

    /// When an endpoint was dialled whose finding still counts; nil where it wasn't.
    func began(at endpoint: Endpoint, now: Instant) -> Instant? {
        index(of: endpoint, now: now).map { probes[$0].startedAt }
    }

    private func index(of endpoint: Endpoint, now: Instant) -> Int? {
        probes.lastIndex { $0.endpoint == endpoint && now - $0.startedAt < Limits.probeTime }
    }

    /// Forgets the dials of an endpoint that haven't been answered.
    mutating func forgetSilent(at endpoint: Endpoint) {
        probes.removeAll { $0.endpoint == endpoint && $0.key == nil }
        recordRepetitions()
    }

    /// Notes a dial, unless there have been enough; false then.
    mutating func begin(_ endpoint: Endpoint, because cause: DialCause, nonce: UInt64, now: Instant) -> Bool {
        let host = Account.host(of: endpoint)
        probes.removeAll { now - $0.startedAt >= Limits.probeTime }
        recordRepetitions()
        guard probes.count < Limits.probes,
            probes.count(where: { $0.host == host }) < Limits.probesPerHost,
            probes.count(where: { $0.cause.block == cause.block }) < Limits.probesPerAsker,
            probes.count(where: { now - $0.startedAt < .seconds(1) }) < Limits.probesPerSecond
        else { return false }
        probes.append(Probe(endpoint: endpoint, host: host, nonce: nonce, startedAt: now, cause: cause))
        recordRepetitions()
        return true
    }

    /// An answer came to the second port: it counts if it is the first one to our question, from where we asked. Returns how
    /// often we had asked, or nil where it doesn't count; and whether another node is to be asked now.
    mutating func observeAnswer(
        _ nonce: UInt64, _ key: PublicKey, from endpoint: Endpoint
    ) -> (sends: Int, isToPass: Bool)? {
        guard let index = probes.firstIndex(where: { $0.nonce == nonce && $0.endpoint == endpoint && $0.key == nil })
        else { return nil }
        probes[index].key = key
        recordRepetitions()
        let cause = probes[index].cause
        return (probes[index].sends, isToPass: cause.own == key && !cause.isUnprompted && probes[index].passed == nil)
    }

    /// A dial that is to be repeated now; called until nil.
    mutating func takeRepetition(now: Instant) -> (nonce: UInt64, endpoint: Endpoint)? {
        guard let nextDeadline, nextDeadline <= now else { return nil }
        guard let index = probes.firstIndex(where: { $0.repetition.map { $0 <= now } ?? false }) else { return nil }
        probes[index].sends += 1
        recordRepetitions()
        return (probes[index].nonce, probes[index].endpoint)
    }

    // MARK: Questions passed on

    /// What has become of the question about an endpoint that was passed to another node; nil where none was.
    func passed(_ endpoint: Endpoint, now: Instant) -> PassedQuestion? {
        index(of: endpoint, now: now).flatMap { probes[$0].passed }
    }

    /// The question about an endpoint that was dialled is passed on; false where the maximum is under way.
    mutating func pass(_ endpoint: Endpoint, now: Instant) -> Bool {
        guard probes.count(where: { $0.passed == .underWay }) < Limits.questionsPassed,
            let index = index(of: endpoint, now: now)
        else { return false }
        probes[index].passed = .underWay
        return true
    }

    /// Another node has said whether it reaches an endpoint, or nobody could be asked.
    mutating func observe(_ verdict: ReachVerdict, at endpoint: Endpoint) {
        guard let index = probes.lastIndex(where: { $0.endpoint == endpoint && $0.passed == .underWay }) else { return }
        probes[index].passed = PassedQuestion(verdict)
    }

    private mutating func recordRepetitions() { nextDeadline = probes.lazy.compactMap(\.repetition).min() }
}
