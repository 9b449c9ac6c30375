import Basics
import NodeCore
import PeerCore

/// When the checkers look at machines. They change nothing and draw nothing.
extension Simulator {
    /// A machine's tables are looked at whenever so many events have happened, one machine after the other: in large networks
    /// when each machine has had some. A look takes as long as some hundred events.
    private var eventsPerLook: Int { max(4_096, 16 * (scenario.nodes + scenario.peers)) }

    /// Looks at one machine's tables, if it is time.
    mutating func lookAtTables() {
        let events = network.events
        guard events >= nextLook else { return }
        nextLook = events + eventsPerLook
        looks += 1
        // People's tables are the more interesting: every other look is at one of theirs.
        let hosts = looks % 2 == 0 && !people.isEmpty ? people : roster.hosts
        guard !hosts.isEmpty else { return }
        let host = hosts[looks / 2 % hosts.count]
        guard network.isUp(host) else { return }
        checks.inspectTables(of: network.nodeInPlace(host), network.peer(host), at: host)
    }

    /// Looks at what owners are told: of relaying nodes a few, of people all who are there.
    mutating func lookAtOwners(_ some: [HostID]) {
        checks.lookAtMail(now: network.time) { network.isUp($0) ? network.startedAt($0) : nil }
        for host in some + people.filter({ network.isUp($0) }) {
            let reach = reach(of: host)
            var truth = OwnerCheck.Truth(
                endpoint: reach.endpoint, isHidden: reach.isHidden, clocksWereWrong: scenario.movesClocks,
                wasCopied: false, isMisled: reach.isMisled)
            truth.isFlooded = scenario.strangers != nil && host == people.first
            checks.inspectOwner(
                network.nodeInPlace(host).status, network.peer(host), at: host, truth, isCalm: scenario.isCalm)
        }
    }
}
