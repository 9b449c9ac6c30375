import Basics
import PeerCore

/// What people's machines are behind.
extension Simulator {
    /// As many share a household, at most.
    private static let mostInHousehold = 4
    /// As many homes share a carrier's NAT, at most. Carriers have more; but there a few are as good as many.
    private static let mostCustomers = 8

    /// The machines of all people, each where the scenario has it, and the places of their kinds among `natNames`.
    static func settlePeople(
        _ scenario: Scenario, _ network: inout VirtualNetwork
    ) -> (people: [HostID], places: [HostID: UInt8]) {
        var chance = Chance(seed: scenario.seed, .mix)
        var home: (nat: NATID, people: Int, place: UInt8)?
        var carriers: [NATKind: (nat: NATID, homes: Int)] = [:]
        var places: [HostID: UInt8] = [:]
        let people = (0..<scenario.peers).map { _ -> HostID in
            guard !scenario.nats.isEmpty else { return network.addHost(withPerson: true) }
            let place = draw(scenario.nats, &chance)
            let kind = scenario.nats[place].kind
            let host: HostID
            if chance.happens(scenario.households), let (nat, people, place) = home, people < mostInHousehold {
                home = (nat, people + 1, place)
                host = network.addHost(withPerson: true, at: nat)
                places[host] = place
                return host
            }
            if kind.translates {
                let nat = makeHome(kind, &carriers, &network)
                home = (nat, 1, UInt8(place + 1))
                host = network.addHost(withPerson: true, at: nat)
            } else {
                host = network.addHost(withPerson: true, behind: kind)
            }
            places[host] = UInt8(place + 1)
            return host
        }
        return (people, places)
    }

    /// A NAT for a household; where the kind is a carrier's, one that is a customer's.
    private static func makeHome(
        _ kind: NATKind, _ carriers: inout [NATKind: (nat: NATID, homes: Int)], _ network: inout VirtualNetwork
    ) -> NATID {
        guard kind.isCarriers else { return network.addNAT(kind) }
        var (nat, homes) = carriers[kind] ?? (network.addNAT(kind), 0)
        if homes == mostCustomers { (nat, homes) = (network.addNAT(kind), 0) }
        carriers[kind] = (nat, homes + 1)
        return network.addNAT(.port, behind: nat)
    }

    /// What people may be behind, by name: first what those have whom the scenario says nothing of.
    var natNames: [String] { ["none"] + scenario.nats.map(\.name) }

    /// How a message has come that a person is shown just now.
    func passage(of message: IncomingMessage, at host: HostID) -> MessageLedger.Passage {
        let way =
            message.via == .direct
            ? DeliveryWay.straight : ways.way(of: checks.envelopes(of: message.id, by: message.from), at: host)
        let sender = messages.sender(of: message.id)
        return MessageLedger.Passage(
            way: way, from: sender.flatMap { natPlaces[$0] } ?? 0, to: natPlaces[host] ?? 0)
    }

    /// A machine comes to another network; a person's behind what the mix has.
    mutating func move(_ host: HostID, isNoticed: Bool) {
        guard !scenario.nats.isEmpty, network.peerID(host) != nil else {
            return network.move(host, isNoticed: isNoticed)
        }
        let place = Simulator.draw(scenario.nats, &natChanges)
        network.move(host, behind: scenario.nats[place].kind, isNoticed: isNoticed)
        natPlaces[host] = UInt8(place + 1)
        movedBehind.insert(host)
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
        // Who has come to another NAT finds out that strangers don't reach them any more.
        let isHidden = network.isHidden(host) && canKnow && !movedBehind.contains(host)
        var isMisled = network.hasMoved(host) || rebound.contains(host) || scenario.flipsBits
        var endpoint = network.endpoint(host)
        if network.nat(of: host) != nil {
            let outer = network.outer(host, to: endpoint)
            isMisled = isMisled || outer == nil || kinds.contains { $0.mapping != .independent || $0.absolute != nil }
            endpoint = outer ?? endpoint
        }
        return (endpoint, isHidden, isMisled)
    }

    /// One of a mix, by its place.
    static func draw(_ shares: [NATShare], _ chance: inout Chance) -> Int {
        var rest = Double(chance.next() >> 11) / Double(UInt64(1) << 53)
        for (place, share) in shares.enumerated() {
            if rest < share.share { return place }
            rest -= share.share
        }
        return shares.lastIndex { $0.share > 0 } ?? 0
    }
}
