import Basics

/// How those find the network who know nobody in it.
extension Simulator {
    /// A real node waits five minutes at most before it resolves its names again (`RoostNode.bootstrap`).
    static let namePause = Duration.seconds(300)
    /// By then a node has joined again that knows any other.
    static let timeToRejoin = Duration.seconds(600)

    /// Two nodes that a newcomer is told of. While all are down it is told of those that come back: else it would never hear
    /// of anybody.
    mutating func acquaintances() -> [HostID] {
        guard let first = roster.randomReachable(&introductions), let second = roster.randomReachable(&introductions)
        else { return Array(crashed.filter { network.exists($0) && !network.isHidden($0) }.prefix(2)) }
        return first == second ? [first] : [first, second]
    }

    /// Whoever knows nobody that answers resolves the names of its bootstrap nodes again.
    mutating func resolveNames() {
        guard phase != .finished else { return }
        for host in roster.hosts + people where network.isRunning(host) && network.isSeeking(host) {
            network.introduce(acquaintances(), to: host)
        }
        agenda.plan(.resolveNames, at: network.time + Simulator.namePause)
    }

    /// All has been well for a while. Whoever has no names, and finds nobody, as all are gone for good whom they were told of or have met,
    /// asks around, and starts anew with what they are told.
    mutating func introduceStranded() {
        guard !scenario.hasBootstrapNames else { return }
        for host in people where network.isUp(host) && isStranded(host) {
            network.crash(host)
            start(host)
        }
    }

    private func isStranded(_ host: HostID) -> Bool {
        guard network.isSeeking(host), let told = toldOf[host], !told.contains(where: network.exists) else {
            return false
        }
        let endpoints = Set((roster.hosts + people).filter { $0 != host }.map(network.endpoint))
        return !network.node(host).nodesToAsk.contains { $0.ipv4.map(endpoints.contains) ?? false }
    }
}
