import Basics
import Simulation

/// What a NAT may do, by looking at all that ever happened: slow, and without any table.
///
/// Which port a new mapping gets it doesn't say, only which it may get.
struct ReferenceNAT {
    private struct Mapping {
        let inner: Endpoint
        let remote: Endpoint
        let outer: Endpoint
        let madeAt: Instant
        /// What was sent and let in, to and from which remote.
        var events: [(at: Instant, remote: Endpoint, isSent: Bool)] = []
    }

    private let kind: NATKind
    private let address: Endpoint
    private var mappings: [Mapping] = []
    private var refused: [(at: Instant, outer: Endpoint, remote: Endpoint)] = []
    private var preserves: Bool
    private var lastPort: UInt16?

    init(_ kind: NATKind, address: Endpoint) {
        (self.kind, self.address) = (kind, address)
        preserves = kind.ports == .preserving
    }

    private func same(_ first: Endpoint, _ second: Endpoint, _ mapping: NATKind.Mapping) -> Bool {
        switch mapping {
        case .none, .independent: true
        case .addressDependent: first.host == second.host
        case .endpointDependent: first == second
        }
    }

    private func lets(_ first: Endpoint, like second: Endpoint) -> Bool {
        switch kind.filtering {
        case .none: true
        case .address: first.host == second.host
        case .endpoint: first == second
        }
    }

    /// Until when a remote is remembered, by all events with remotes that are the same to the filter.
    private func end(of mapping: Mapping, for remote: Endpoint) -> Instant? {
        var (end, sentAt, receivedAt): (Instant?, Instant?, Instant?) = (nil, nil, nil)
        for event in mapping.events where lets(event.remote, like: remote) {
            // What was over was forgotten.
            if let over = end, over <= event.at { receivedAt = nil }
            if event.isSent { sentAt = event.at } else { receivedAt = event.at }
            guard let sent = sentAt else { continue }
            guard let received = receivedAt else {
                end = sent + kind.unanswered
                continue
            }
            end = (kind.isRefreshedByInput ? max(sent, received) : sent) + kind.answered
        }
        return end
    }

    private func isAlive(_ mapping: Mapping, at time: Instant) -> Bool {
        if let absolute = kind.absolute, mapping.madeAt + absolute <= time { return false }
        return mapping.events.contains { event in end(of: mapping, for: event.remote).map { $0 > time } ?? false }
    }

    private func place(of outer: Endpoint, at time: Instant) -> Int? {
        mappings.lastIndex { $0.outer == outer && isAlive($0, at: time) }
    }

    private func isBlocked(_ outer: Endpoint, _ remote: Endpoint, at time: Instant) -> Bool {
        guard kind.blocksUnsolicited else { return false }
        return refused.contains { $0.outer == outer && $0.remote == remote && $0.at + kind.unanswered > time }
    }

    /// Whose inner endpoint something from a remote is for; nil where it must not be let in.
    mutating func receive(at outer: Endpoint, from remote: Endpoint, at time: Instant) -> Endpoint? {
        guard let place = place(of: outer, at: time), !isBlocked(outer, remote, at: time),
            let end = end(of: mappings[place], for: remote), end > time
        else {
            refused.append((time, outer, remote))
            return nil
        }
        mappings[place].events.append((time, remote, false))
        return mappings[place].inner
    }

    /// Something was sent, and seemed to come from `outer`: what is wrong with that, if anything.
    mutating func send(from inner: Endpoint, to remote: Endpoint, as outer: Endpoint, at time: Instant) -> String? {
        let known = mappings.lastIndex {
            $0.inner == inner && same($0.remote, remote, kind.mapping) && isAlive($0, at: time)
        }
        if let known {
            mappings[known].events.append((time, remote, true))
            return mappings[known].outer == outer ? nil : "\(outer) instead of \(mappings[known].outer), which is there"
        }
        let problem = problem(ofNew: outer, for: inner, at: time)
        lastPort = outer.port
        var made = Mapping(inner: inner, remote: remote, outer: outer, madeAt: time)
        made.events.append((time, remote, true))
        mappings.append(made)
        return problem
    }

    private func problem(ofNew outer: Endpoint, for inner: Endpoint, at time: Instant) -> String? {
        if kind.mapping == .none { return outer == inner ? nil : "a firewall changed \(inner) to \(outer)" }
        if outer.host != address.host { return "\(outer) is not at the outer address" }
        if outer.port < 1_024 { return "port \(outer.port) is reserved" }
        if place(of: outer, at: time) != nil { return "\(outer) is taken" }
        let isInnerFree = place(of: outer.with(port: inner.port), at: time) == nil
        if preserves, isInnerFree, outer.port != inner.port { return "\(outer) doesn't keep the port of \(inner)" }
        if case .step(let step) = kind.ports, let lastPort {
            let next = 1_024 + (Int(lastPort) - 1_024 + step) % 64_512
            let isNextFree = place(of: outer.with(port: UInt16(next)), at: time) == nil
            if isNextFree, Int(outer.port) != next { return "port \(outer.port) comes after \(lastPort)" }
        }
        return nil
    }

    mutating func forget() {
        (mappings, refused, lastPort) = ([], [], nil)
        preserves = false
    }
}
