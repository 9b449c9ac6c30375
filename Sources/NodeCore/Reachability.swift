import Basics

/// At what endpoint others see this node: what most of the last observers agree on, for each address family.
///
/// Each block of addresses has one voice, and one voice is not enough where there are more: else whoever rents one host
/// could send a person's mail to an address of their choice.
struct Reachability: Sendable {
    /// Observations remembered: enough to outvote a few liars, few enough to notice a change of address soon.
    private static let memory = 16

    private struct Observation {
        let voice: Bytes32
        let endpoint: Endpoint
    }

    private var observations: [Observation] = []
    private(set) var ipv4: Endpoint?
    private(set) var ipv6: Endpoint?

    /// Notes what a node, at an address of its own, says it sees us at. Returns whether the prevailing view has changed.
    ///
    /// `isOnly`: nobody else could be asked.
    mutating func observe(_ endpoint: Endpoint, by observer: NodeID, at address: Endpoint, isOnly: Bool) -> Bool {
        guard endpoint.isUsable else { return false }
        let voice = address.voice(of: observer)
        observations.removeAll { $0.voice == voice && $0.endpoint.isIPv4 == endpoint.isIPv4 }
        observations.append(Observation(voice: voice, endpoint: endpoint))
        if observations.count > Reachability.memory { observations.removeFirst() }
        let known = endpoint.isIPv4 ? ipv4 : ipv6
        guard let prevailing = majority(ipv4: endpoint.isIPv4, quorum: isOnly ? 1 : 2), prevailing != known else {
            return false
        }
        if endpoint.isIPv4 { ipv4 = prevailing } else { ipv6 = prevailing }
        return true
    }

    /// The endpoint that more than half of the voices of a family name, and at least so many; or nil.
    private func majority(ipv4: Bool, quorum: Int) -> Endpoint? {
        let votes = observations.lazy.map(\.endpoint).filter { $0.isIPv4 == ipv4 }
        let needed = max(quorum, votes.count / 2 + 1)
        return votes.first { candidate in votes.count { $0 == candidate } >= needed }
    }
}
