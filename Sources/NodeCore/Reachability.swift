import Basics

/// At what endpoint others see this node: what most of the last nodes asked agree on, for each address family.
///
/// One node's word is not enough: it could send a person's mail to an address of its choice.
struct Reachability: Sendable {
    /// Observations remembered: enough to outvote a few liars, few enough to notice a change of address soon.
    private static let memory = 16

    private var observations: [(observer: NodeID, endpoint: Endpoint)] = []
    private(set) var ipv4: Endpoint?
    private(set) var ipv6: Endpoint?

    /// Notes what a node says it sees us at. Returns whether the prevailing view has changed.
    mutating func observe(_ endpoint: Endpoint, by observer: NodeID) -> Bool {
        guard endpoint.isUsable else { return false }
        observations.removeAll { $0.observer == observer && $0.endpoint.isIPv4 == endpoint.isIPv4 }
        observations.append((observer, endpoint))
        if observations.count > Reachability.memory { observations.removeFirst() }
        let prevailing = majority(ipv4: endpoint.isIPv4)
        if endpoint.isIPv4 {
            defer { ipv4 = prevailing ?? ipv4 }
            return prevailing != nil && prevailing != ipv4
        }
        defer { ipv6 = prevailing ?? ipv6 }
        return prevailing != nil && prevailing != ipv6
    }

    /// The endpoint that more than half of the observers of a family name, or nil.
    private func majority(ipv4: Bool) -> Endpoint? {
        let votes = observations.lazy.map(\.endpoint).filter { $0.isIPv4 == ipv4 }
        let total = votes.count
        return votes.first { candidate in votes.count { $0 == candidate } * 2 > total }
    }
}
