import Basics
import NodeCore
import Simulation
import Testing

/// How soon a node knows whether others reach it, and whether that is true.
@Suite struct ModeStories {
    private static let servers = 200
    private static let newcomers = 100

    /// A network of servers, and nodes that join it when it is there.
    struct Arrivals {
        var network: VirtualNetwork
        /// In which all newcomers join and know their mode.
        private static let span = Duration.seconds(60)

        private(set) var newcomers: [HostID] = []
        /// How long it took each newcomer from joining until it knew whether it is reached.
        private var known: [HostID: Duration] = [:]
        /// What was sent because of each newcomer, beyond what is sent in as long a time without any.
        private(set) var datagrams = 0
        /// Sessions that newcomers had when they knew.
        private(set) var met = 0

        init(seed: UInt64, loss: Double, behind nat: NATKind?, servers: Int, newcomers: Int) {
            print("story seed \(seed)")
            network = VirtualNetwork(
                seed: seed, link: LinkModel(loss: loss), suite: .cheap,
                configuration: NodeConfiguration(network: "story", families: .ipv4))
            for index in 0..<servers {
                let host = network.addHost()
                network.start(host, bootstrap: index == 0 ? [] : [network.hostIDs[0]])
                network.run(for: .milliseconds(50))
            }
            network.run(for: .seconds(300))
            let idle = network.traffic.relays.total.datagrams
            network.run(for: Arrivals.span)
            let before = network.traffic.relays.total.datagrams
            let since = network.time
            var joined: [HostID: Instant] = [:]
            var waiting: [HostID] = []
            func look(_ network: VirtualNetwork) {
                for host in waiting {
                    let status = network.node(host).status
                    if status.isJoined, joined[host] == nil { joined[host] = network.time }
                    guard status.isReachable != nil, let since = joined[host] else { continue }
                    known[host] = network.time - since
                    met += status.sessions
                }
                waiting.removeAll { known[$0] != nil }
            }
            for index in 0..<newcomers {
                let host = network.addHost(behind: nat)
                network.start(host, bootstrap: [network.hostIDs[index * 7 % servers]])
                self.newcomers.append(host)
                waiting.append(host)
                for _ in 0..<5 {
                    network.run(for: .milliseconds(20))
                    look(network)
                }
            }
            let end = since + Arrivals.span
            while network.time < end {
                network.run(for: .milliseconds(20))
                look(network)
            }
            datagrams = (network.traffic.relays.total.datagrams - before - (before - idle)) / newcomers
        }

        func count(in mode: NodeMode) -> Int { newcomers.count { network.node($0).status.mode == mode } }
        /// From joining to knowing, in ascending order.
        var times: [Duration] { known.values.sorted() }
    }

    /// Without loss, and with a tenth of all datagrams lost.
    @Test(
        arguments: [nil, .portRestricted, .addressRestricted] as [NATKind?],
        [(1, 0), (2, 0.1), (3, 0), (4, 0.1), (5, 0.1)] as [(UInt64, Double)])
    func aNodeKnowsItsModeWithinThreeSeconds(nat: NATKind?, run: (seed: UInt64, loss: Double)) {
        let arrivals = Arrivals(
            seed: run.seed, loss: run.loss, behind: nat, servers: ModeStories.servers, newcomers: ModeStories.newcomers)
        let times = arrivals.times
        let (median, late, worst) = (times[times.count / 2], times[times.count * 95 / 100], times[times.count - 1])
        print(
            "\(nat?.name ?? "public"), loss \(run.loss): known after \(median) (median), \(late) (95 %),",
            "\(worst) (worst); \(arrivals.datagrams) datagrams a newcomer; met \(arrivals.met)")
        #expect(times.count == ModeStories.newcomers)
        #expect(arrivals.count(in: nat == nil ? .server : .client) == ModeStories.newcomers)
        #expect(median <= .milliseconds(2_300))
        #expect(worst <= (run.loss == 0 ? .milliseconds(2_300) : .milliseconds(3_500)))
    }
}
