import Basics

/// What a NAT or a firewall remembers: which outer endpoint stands for which inner one, and who was sent to lately.
///
/// A *flow* is what is remembered of a remote, as far as the filter looks at it. A mapping ends with the last of its flows.
package struct NATTable {
    /// What leaves from one outer endpoint, as far as the mapping looks at where it goes to.
    private struct Key: Hashable {
        let inner: Endpoint
        let remote: Endpoint
    }

    private struct Flow {
        var sentAt: Instant
        var receivedAt: Instant?
    }

    private struct Mapping {
        let key: Key
        let madeAt: Instant
        var flows: [Endpoint: Flow] = [:]
        /// When the last of its flows ends.
        var end: Instant
    }

    private struct Pair: Hashable {
        let outer: Endpoint
        let remote: Endpoint
    }

    package let kind: NATKind
    /// The outer address, with port 0; of a firewall it is not used.
    package private(set) var address: Endpoint
    private var generator: SeededGenerator
    private var outers: [Key: Endpoint] = [:]
    private var mappings: [Endpoint: Mapping] = [:]
    /// Until when nothing comes in at an outer endpoint from a remote that had come unasked.
    private var blocked: [Pair: Instant] = [:]
    /// The last port that was given, where they go by steps.
    private var lastPort: UInt16
    /// Whether inner ports are kept where they can be: not any more once it has forgotten all.
    private var preservesPorts: Bool
    /// Once there are so many mappings, those that have ended are taken out.
    private var mostMappings = 64

    /// The ports that are given where they are not the inner ones: those that are not reserved for the system (RFC 4787,
    /// REQ-3).
    static let ports: ClosedRange<UInt16> = 1_024...65_535
    /// At every so many flows of a mapping those are taken out that have ended.
    private static let flowsBetweenClearing = 64
    /// The most flows of a mapping, and blocked pairs: no further one is remembered. Linux has room for 65,536 in all by default; a
    /// host talks to some hundred others at a time.
    static let mostFlows = 4_096

    package init(_ kind: NATKind, address: Endpoint, seed: UInt64) {
        self.kind = kind
        self.address = address.with(port: 0)
        generator = SeededGenerator(seed: seed)
        preservesPorts = kind.ports == .preserving
        lastPort = 0
        lastPort = anyPort()
    }

    /// Mappings that are kept, some of which may have ended.
    package var count: Int { mappings.count }

    /// Something leaves: returns the outer endpoint that it seems to come from; nil where no port is free, so that it is
    /// dropped.
    package mutating func send(from inner: Endpoint, to remote: Endpoint, at time: Instant) -> Endpoint? {
        let key = Key(inner: inner, remote: mapped(remote))
        let outer: Endpoint
        if let known = outers[key], isAlive(known, at: time) {
            outer = known
        } else {
            guard let made = map(key, at: time) else { return nil }
            outer = made
        }
        recordSent(at: outer, to: filtered(remote), time)
        return outer
    }

    /// Something comes to an outer endpoint: returns the inner endpoint that it is for; nil where it is not let in.
    package mutating func receive(at outer: Endpoint, from remote: Endpoint, at time: Instant) -> Endpoint? {
        let pair = Pair(outer: outer, remote: remote)
        guard isOpen(outer, to: remote, at: time) else {
            if kind.blocksUnsolicited { block(pair, at: time) }
            return nil
        }
        let filtered = filtered(remote)
        guard let inner = mappings[outer]?.key.inner else { return nil }
        mappings[outer]?.flows[filtered]?.receivedAt = time
        if let flow = mappings[outer]?.flows[filtered] { extend(outer, to: end(of: flow)) }
        return inner
    }

    /// Whether something from a remote would be let in at an outer endpoint.
    package func isOpen(_ outer: Endpoint, to remote: Endpoint, at time: Instant) -> Bool {
        guard isAlive(outer, at: time) else { return false }
        if kind.blocksUnsolicited, let until = blocked[Pair(outer: outer, remote: remote)], until > time {
            return false
        }
        guard let flow = mappings[outer]?.flows[filtered(remote)] else { return false }
        return end(of: flow) > time
    }

    /// The inner endpoint for which an outer one stands; nil where it stands for none.
    package func inner(of outer: Endpoint, at time: Instant) -> Endpoint? {
        isAlive(outer, at: time) ? mappings[outer]?.key.inner : nil
    }

    /// The outer endpoint that stands for an inner one before a remote; nil where there is none now.
    package func outer(of inner: Endpoint, to remote: Endpoint, at time: Instant) -> Endpoint? {
        guard let outer = outers[Key(inner: inner, remote: mapped(remote))] else { return nil }
        return isAlive(outer, at: time) ? outer : nil
    }

    /// It forgets everything, as after a restart, and gives other ports from then on.
    package mutating func forget() {
        (outers, mappings, blocked) = ([:], [:], [:])
        preservesPorts = false
        lastPort = anyPort()
    }

    // MARK: What is looked at

    private static let any = Endpoint(high: 0, low: 0, port: 0)

    /// What the mapping looks at of where something goes to.
    private func mapped(_ remote: Endpoint) -> Endpoint {
        switch kind.mapping {
        case .none, .independent: NATTable.any
        case .addressDependent: remote.with(port: 0)
        case .endpointDependent: remote
        }
    }

    /// What the filter looks at of where something goes to or comes from.
    private func filtered(_ remote: Endpoint) -> Endpoint {
        switch kind.filtering {
        case .none: NATTable.any
        case .address: remote.with(port: 0)
        case .endpoint: remote
        }
    }

    // MARK: Lifetimes

    private func end(of flow: Flow) -> Instant {
        guard let receivedAt = flow.receivedAt else { return flow.sentAt + kind.unanswered }
        return (kind.isRefreshedByInput ? max(flow.sentAt, receivedAt) : flow.sentAt) + kind.answered
    }

    private func isAlive(_ outer: Endpoint, at time: Instant) -> Bool {
        guard let mapping = mappings[outer] else { return false }
        return isAlive(mapping, at: time)
    }

    private func isAlive(_ mapping: Mapping, at time: Instant) -> Bool {
        if let absolute = kind.absolute, time - mapping.madeAt >= absolute { return false }
        return mapping.end > time
    }

    private mutating func extend(_ outer: Endpoint, to end: Instant) {
        if let before = mappings[outer]?.end, before < end { mappings[outer]?.end = end }
    }

    // MARK: Changes

    private mutating func recordSent(at outer: Endpoint, to remote: Endpoint, _ time: Instant) {
        var flow = Flow(sentAt: time)
        if let before = mappings[outer]?.flows[remote], end(of: before) > time { flow.receivedAt = before.receivedAt }
        makeRoom(at: outer, for: remote, time)
        guard (mappings[outer]?.flows.count ?? 0) < NATTable.mostFlows || mappings[outer]?.flows[remote] != nil else {
            return
        }
        mappings[outer]?.flows[remote] = flow
        extend(outer, to: end(of: flow))
    }

    private mutating func makeRoom(at outer: Endpoint, for remote: Endpoint, _ time: Instant) {
        guard let count = mappings[outer]?.flows.count, count > 0, count % NATTable.flowsBetweenClearing == 0,
            mappings[outer]?.flows[remote] == nil
        else { return }
        let ended = mappings[outer]?.flows.filter { end(of: $0.value) <= time } ?? [:]
        for remote in ended.keys { mappings[outer]?.flows[remote] = nil }
    }

    private mutating func map(_ key: Key, at time: Instant) -> Endpoint? {
        clear(at: time)
        // One that has ended is not there any more.
        if let old = outers[key] { mappings[old] = nil }
        outers[key] = nil
        guard let outer = freeOuter(for: key.inner, at: time) else { return nil }
        if let old = mappings[outer] { outers[old.key] = nil }
        outers[key] = outer
        mappings[outer] = Mapping(key: key, madeAt: time, end: time)
        return outer
    }

    private mutating func clear(at time: Instant) {
        guard mappings.count >= mostMappings else { return }
        for (outer, mapping) in mappings where !isAlive(mapping, at: time) {
            outers[mapping.key] = nil
            mappings[outer] = nil
        }
        mostMappings = max(64, 2 * mappings.count)
    }

    private mutating func block(_ pair: Pair, at time: Instant) {
        if blocked.count >= NATTable.mostFlows, blocked[pair] == nil { blocked = blocked.filter { $0.value > time } }
        guard blocked.count < NATTable.mostFlows || blocked[pair] != nil else { return }
        blocked[pair] = time + kind.unanswered
    }

    // MARK: Ports

    private mutating func freeOuter(for inner: Endpoint, at time: Instant) -> Endpoint? {
        guard kind.translates else { return inner }
        if preservesPorts, isFree(inner.port, at: time) { return address.with(port: inner.port) }
        var port = lastPort
        let step: UInt16
        if case .step(let number) = kind.ports {
            step = UInt16(number)
            port = NATTable.after(port, step)
        } else {
            step = 1
            port = anyPort()
        }
        // Where a port is taken, the next that is free.
        for _ in 0..<NATTable.ports.count {
            if isFree(port, at: time) {
                lastPort = port
                return address.with(port: port)
            }
            port = NATTable.after(port, 1)
        }
        return nil
    }

    private func isFree(_ port: UInt16, at time: Instant) -> Bool { !isAlive(address.with(port: port), at: time) }

    private static func after(_ port: UInt16, _ step: UInt16) -> UInt16 {
        let place = (Int(port) - Int(ports.lowerBound) + Int(step)) % ports.count
        return ports.lowerBound + UInt16(max(0, place))
    }

    private mutating func anyPort() -> UInt16 {
        let width = UInt64(NATTable.ports.count)
        return NATTable.ports.lowerBound + UInt16(generator.next().multipliedFullWidth(by: width).high)
    }
}
