import Basics
import Cryptography
import NodeCore
import PeerCore
import Simulation

/// A small network for stories: some relaying nodes, and people by name.
struct Town {
    var network: VirtualNetwork
    private(set) var relays: [HostID] = []
    private var people: [String: HostID] = [:]

    /// Builds a network of `nodes` relays that have found each other.
    init(
        nodes: Int, seed: UInt64, link: LinkModel = LinkModel(), suite: CipherSuite = .cheap, bucketSize: Int = 20,
        settling: Duration = .seconds(60)
    ) {
        print("story seed \(seed)")
        network = VirtualNetwork(
            seed: seed, link: link, suite: suite,
            configuration: NodeConfiguration(network: "story", families: .ipv4, bucketSize: bucketSize))
        relays = (0..<nodes).map { _ in network.addHost() }
        for (index, relay) in relays.enumerated() {
            network.start(relay, bootstrap: index == 0 ? [] : [relays[0]])
            network.run(for: .milliseconds(50))
        }
        network.run(for: settling)
    }

    /// A person moves in, on a node of their own whose clock may be wrong.
    mutating func addPerson(_ name: String, skew: Int64 = 0, bootstrap: [HostID]? = nil) {
        let host = network.addHost(withPerson: true)
        people[name] = host
        network.setClockSkew(skew, of: host)
        network.start(host, bootstrap: bootstrap ?? [relays[0], relays[relays.count / 2]])
    }

    /// A person moves in behind a NAT of their own, or into a household.
    mutating func addPerson(_ name: String, behind kind: NATKind, power: PowerSetting = .normal) {
        let host = network.addHost(withPerson: true, behind: kind)
        network.setPower(power, of: host)
        settle(host, as: name)
    }
    mutating func addPerson(_ name: String, at home: NATID) {
        settle(network.addHost(withPerson: true, at: home), as: name)
    }

    private mutating func settle(_ host: HostID, as name: String) {
        people[name] = host
        network.start(host, bootstrap: [relays[0], relays[relays.count / 2]])
    }

    /// Somebody who has never been there.
    static let stranger = ProfileKey(seed: SecretKey(Bytes32(words: (7, 7, 7, 7))), suite: .cheap).peerID

    /// The relays but for those closest to a point.
    func relays(besidesClosest count: Int, to point: Bytes32) -> [HostID] {
        let sorted = relays.sorted {
            (network.node($0).id.bytes ^ point) < (network.node($1).id.bytes ^ point)
        }
        return Array(sorted.dropFirst(count))
    }

    func host(_ name: String) -> HostID { people[name]! }
    func id(_ name: String) -> PeerID { network.peerID(host(name))! }

    @discardableResult
    mutating func write(_ text: String, from sender: String, to recipient: String) throws -> MessageID {
        try network.send(text, from: host(sender), to: id(recipient))!
    }

    func texts(of name: String) -> [String] { network.inbox(host(name)).map(\.text) }

    func state(of message: MessageID, by name: String) -> MessageState? {
        network.peer(host(name))?.message(message)?.state
    }

    mutating func crash(_ name: String) { network.crash(host(name)) }
    mutating func restart(_ name: String) {
        network.start(host(name), bootstrap: [relays[1], relays[relays.count - 1]])
    }

    /// Lets time pass until somebody's inbox reads like this.
    mutating func wait(for texts: [String], at name: String, limit: Duration = .seconds(300)) -> Bool {
        let host = host(name)
        return network.run(limit: limit) { $0.inbox(host).map(\.text) == texts }
    }

    /// Lets time pass until a message of somebody's has come at least so far.
    mutating func wait(
        for state: MessageState, of message: MessageID, by name: String, limit: Duration = .seconds(300)
    ) -> Bool {
        let host = host(name)
        return network.run(limit: limit) {
            guard let current = $0.peer(host)?.message(message)?.state else { return false }
            return current.rawValue >= state.rawValue && current != .failed
        }
    }
}
