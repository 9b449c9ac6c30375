import Basics

/// What people's machines are behind.
extension Simulator {
    /// As many share a household, at most.
    private static let mostInHousehold = 4
    /// As many homes share a carrier's NAT, at most. Carriers have more; but there a few are as good as many.
    private static let mostCustomers = 8

    /// The machines of all people, each where the scenario has it.
    static func settlePeople(_ scenario: Scenario, _ network: inout VirtualNetwork) -> [HostID] {
        var chance = Chance(seed: scenario.seed, .mix)
        var home: (nat: NATID, people: Int)?
        var carriers: [NATKind: (nat: NATID, homes: Int)] = [:]
        return (0..<scenario.peers).map { _ in
            guard !scenario.nats.isEmpty else { return network.addHost(withPerson: true) }
            let kind = draw(scenario.nats, &chance)
            let joins = chance.happens(scenario.households)
            if joins, let (nat, people) = home, people < mostInHousehold {
                home = (nat, people + 1)
                return network.addHost(withPerson: true, at: nat)
            }
            guard kind.translates else { return network.addHost(withPerson: true, behind: kind) }
            var made = kind
            var carrier: NATID?
            if kind.isCarriers {
                var (nat, homes) = carriers[kind] ?? (network.addNAT(kind), 0)
                if homes == mostCustomers { (nat, homes) = (network.addNAT(kind), 0) }
                carriers[kind] = (nat, homes + 1)
                (made, carrier) = (.port, nat)
            }
            let nat = network.addNAT(made, behind: carrier)
            home = (nat, 1)
            return network.addHost(withPerson: true, at: nat)
        }
    }

    /// A machine comes to another network; a person's behind what the mix has.
    mutating func move(_ host: HostID, isNoticed: Bool) {
        guard !scenario.nats.isEmpty, network.peerID(host) != nil else {
            return network.move(host, isNoticed: isNoticed)
        }
        network.move(host, behind: Simulator.draw(scenario.nats, &natChanges), isNoticed: isNoticed)
    }

    /// What stands in front of a machine forgets everything.
    mutating func rebind(_ host: HostID) {
        if network.rebind(host) { rebound.insert(host) }
    }

    /// What may be true of where others reach a machine.
    func reach(of host: HostID) -> (endpoint: Endpoint, isHidden: Bool, isMisled: Bool) {
        let kinds = network.natKinds(of: host)
        // Where it filters by address alone, it takes nodes that this one hasn't met: in a small network there are none.
        let canKnow = kinds.contains { $0.filtering == .endpoint } || scenario.nodes >= 200
        let isHidden = network.isHidden(host) && canKnow
        var isMisled = network.hasMoved(host) || rebound.contains(host) || scenario.flipsBits
        var endpoint = network.endpoint(host)
        if network.nat(of: host) != nil {
            let outer = network.outer(host, to: endpoint)
            isMisled = isMisled || outer == nil || kinds.contains { $0.mapping != .independent || $0.absolute != nil }
            endpoint = outer ?? endpoint
        }
        return (endpoint, isHidden, isMisled)
    }

    /// One of the kinds of a mix.
    static func draw(_ shares: [NATShare], _ chance: inout Chance) -> NATKind {
        var rest = Double(chance.next() >> 11) / Double(UInt64(1) << 53)
        for share in shares {
            if rest < share.share { return share.kind }
            rest -= share.share
        }
        return shares.last { $0.share > 0 }?.kind ?? .open
    }
}
