import Basics
import NodeCore
import PeerCore
import Simulation
import Testing

/// Nodes with IPv4 and IPv6 that meet over one of them, and people who have only the other.
@Suite struct FamilyStories {
    /// Relays with both address families that have met over IPv4, and people with one or both.
    fileprivate struct Port {
        var network: VirtualNetwork
        private(set) var relays: [HostID] = []
        private(set) var people: [String: HostID] = [:]

        init(of count: Int, seed: UInt64, loss: Double = 0, settling: Duration = .seconds(120)) {
            print("story seed \(seed)")
            network = VirtualNetwork(
                seed: seed, link: LinkModel(loss: loss), suite: .cheap,
                configuration: NodeConfiguration(network: "story", bucketSize: 8))
            for index in 0..<count {
                relays.append(network.addHost(families: .both))
                network.start(relays[index], bootstrap: index == 0 ? [] : [relays[0]])
                network.run(for: .milliseconds(50))
            }
            network.run(for: settling)
        }

        mutating func addPerson(_ name: String, _ families: AddressFamilies) {
            let host = network.addHost(withPerson: true, families: families)
            people[name] = host
            network.start(host, bootstrap: [relays[0], relays[relays.count / 2]])
        }

        subscript(name: String) -> HostID { people[name]! }

        /// The share of the contacts in all relays' tables that are known with both endpoints, and rightly.
        var known: (both: Int, all: Int) {
            var known = (both: 0, all: 0)
            let hosts = Dictionary(uniqueKeysWithValues: relays.map { (network.node($0).id, $0) })
            for relay in relays {
                network.node(relay).forEachContact { entry in
                    guard let host = hosts[entry.contact.id] else { return }
                    known.all += 1
                    let isRight =
                        entry.contact.ipv4 == network.endpoint(host) && entry.contact.ipv6 == network.ipv6(host)
                    if isRight { known.both += 1 }
                }
            }
            return known
        }

        mutating func closest(to target: Bytes32, by host: HostID) -> [NodeID] {
            let command = network.command(.lookup(target: target), at: host)
            var closest: [NodeID] = []
            _ = network.run(limit: .seconds(60)) { network in
                for case .lookupFinished(command, let report) in network.answers(host) {
                    closest = report.closest.map(\.contact.id)
                }
                return !closest.isEmpty
            }
            return closest
        }

        mutating func delivers(_ text: String, from sender: String, to recipient: String) throws -> Bool {
            let (from, to) = (self[sender], self[recipient])
            let peer = try #require(network.peerID(to))
            let sent = try network.send(text, from: from, to: peer)
            let message = try #require(sent)
            return network.run(limit: .seconds(120)) {
                $0.inbox(to).contains { $0.text == text } && $0.peer(from)?.message(message)?.state == .delivered
            }
        }

        /// Where a relay has last told its driver that others reach it.
        func reached(_ relay: HostID) -> Contact? {
            var contact: Contact?
            for event in network.answers(relay) {
                switch event {
                case .reachable(let place): contact = place
                case .unreachable: contact = nil
                default: break
                }
            }
            return contact
        }
    }

    @Test func nodesThatMeetOverIPv4KnowEachOtherOverBoth() {
        var port = Port(of: 40, seed: 21)
        #expect(Double(port.known.both) >= 0.97 * Double(port.known.all), "\(port.known)")
        for relay in port.relays {
            let status = port.network.node(relay).status
            #expect(status.external?.ipv4 == port.network.endpoint(relay))
            #expect(status.external?.ipv6 == port.network.ipv6(relay))
            #expect(port.reached(relay) == status.external, "both are in the record")
        }
        // It stays so, whoever checks whom over which.
        port.network.run(for: .seconds(7_200))
        #expect(Double(port.known.both) >= 0.97 * Double(port.known.all), "\(port.known)")
    }

    @Test(arguments: [31, 32, 33])
    func whoHasOneFamilyFindsTheSameBuddiesAsOthers(seed: UInt64) throws {
        var port = Port(of: 40, seed: seed)
        let families: [(String, AddressFamilies)] = [("four", .ipv4), ("six", .ipv6), ("both", .both)]
        for (name, families) in families { port.addPerson(name, families) }
        port.network.run(for: .seconds(60))
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5 {
            let target = generator.bytes32()
            let expected = port.closest(to: target, by: port["both"]).filter { port.relayIDs.contains($0) }
            for name in ["four", "six"] {
                let found = port.closest(to: target, by: port[name]).filter { port.relayIDs.contains($0) }
                // The people's own nodes serve as well, each in its families, and so may take two of the eight places: the
                // closest relays are the same as far as both lists go.
                let both = min(found.count, expected.count)
                #expect(both >= 6, "\(name) found \(found.count), the other \(expected.count), seed \(seed)")
                #expect(found.prefix(both) == expected.prefix(both), "\(name), seed \(seed)")
            }
        }
        for sender in ["four", "six", "both"] {
            for recipient in ["four", "six", "both"] where recipient != sender {
                let isDelivered = try port.delivers("from \(sender)", from: sender, to: recipient)
                #expect(isDelivered, "from \(sender) to \(recipient), seed \(seed)")
            }
        }
        #expect(port.network.datagramsUnroutable(of: port["six"]) == 0)
        #expect(port.network.datagramsUnroutable(of: port["four"]) == 0)
    }

    /// One family breaks on the way, for everybody: the routes are still there, so that nobody is told.
    @Test(arguments: [AddressFamilies.ipv4, .ipv6])
    func whenOneFamilyBreaksTheOtherServes(broken: AddressFamilies) throws {
        var port = Port(of: 30, seed: 41)
        for name in ["alice", "bob"] { port.addPerson(name, .both) }
        port.network.run(for: .seconds(60))
        port.network.brokenFamilies = broken
        let began = port.network.time
        let isDelivered = try port.delivers("hello", from: "alice", to: "bob")
        #expect(isDelivered)
        let took = port.network.time - began
        #expect(took < .seconds(40), "\(took)")
        print("delivered in \(took) after a family broke")
    }

    /// A firewall before an IPv6 address shows in nothing that those see who were written to. Where there are third nodes,
    /// and where there are not.
    @Test(arguments: [5, 30])
    func anIPv6AddressBehindAFirewallIsNeitherNamedNorPublished(count: Int) {
        var port = Port(of: count, seed: 51, settling: .zero)
        let hidden = port.network.addHost(families: .both)
        port.network.setFirewall(.portRestricted, of: hidden)
        port.network.start(hidden, bootstrap: [port.relays[0]])
        port.network.run(for: .seconds(300))
        let contact = port.reached(hidden)
        #expect(contact?.ipv4 == port.network.endpoint(hidden))
        #expect(contact?.ipv6 == nil)
        let open = port.reached(port.relays[2])
        #expect(open?.ipv6 == port.network.ipv6(port.relays[2]))
        let id = port.network.node(hidden).id
        for relay in port.relays {
            port.network.node(relay).forEachContact { if $0.contact.id == id { #expect($0.contact.ipv6 == nil) } }
        }
        #expect(port.network.node(hidden).status.mode == .server)
    }

    /// Twelve servers state ports of a victim's as their own other endpoints.
    @Test func whoStateAVictimsAddressHaveItDialledButAFewTimes() {
        let victim = Endpoint("[2a20::1]:4000")!
        var stage = Stage(servers: 12, seed: 61, families: .both, stating: victim)
        #expect(stage.node.status.contacts == 12)
        stage.run(for: .seconds(600))
        let strays = stage.strays.filter { $0.to.high == victim.high }
        print("\(strays.count) hellos to the victim in ten minutes")
        #expect(!strays.isEmpty, "what is stated is dialled")
        for first in strays {
            let near = strays.count { $0.at >= first.at && $0.at - first.at < Limits.probeTime }
            let most = Limits.probeSends * Limits.probesPerHost
            #expect(near <= most, "two dials of three hellos in two minutes, whoever states it")
        }
        let dialled = stage.probes.count { $0.high == victim.high }
        #expect(dialled == strays.count, "nothing goes there from the first port")
        stage.node.forEachContact { #expect($0.contact.ipv6 == nil) }
    }
}

extension FamilyStories.Port {
    fileprivate var relayIDs: Set<NodeID> { Set(relays.map { network.node($0).id }) }
}
