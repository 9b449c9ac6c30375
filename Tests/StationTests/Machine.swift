import Basics
import Cryptography
import Exchange
import NodeCore
import PeerCore
import Station
import Storage

/// A machine with a station, a disk and a clock, and nobody around.
struct Machine {
    let disk = MemoryStore()
    let station: Station
    var effects = Station.Effects()
    var now = Now(monotonic: .origin, utc: UnixTime(seconds: 1_790_000_000))
    /// Its operator.
    var operators = OperatorCommands()
    /// Somebody to write to.
    let peer: PeerID
    /// What has passed between the cores.
    private(set) var passages: [Passage] = []

    init(withPerson: Bool = true) {
        let seed = Bytes32(words: (1, 2, 3, 4))
        peer = Machine.profile(2).peerID
        let node = Node(
            secret: SecretKey(seed), configuration: NodeConfiguration(network: "station", families: .ipv4),
            suite: .cheap, store: disk, seed: seed, now: now)
        guard withPerson else {
            station = Station(node: node)
            return
        }
        let agent = PeerAgent(profile: Machine.profile(1), suite: .cheap, store: disk, seed: seed, now: now)
        station = Station(node: node, agent: agent)
    }

    static func profile(_ number: UInt64) -> ProfileKey {
        ProfileKey(seed: SecretKey(Bytes32(words: (number, 0, 0, 1))), suite: .cheap)
    }

    /// The commands that the agent has given, in order.
    var commands: [(id: CommandID, command: NodeCommand)] {
        passages.compactMap { if case .command(let id, let command) = $0 { (id, command) } else { nil } }
    }

    /// What the node has reported, in order.
    var events: [NodeEvent] { passages.compactMap { if case .event(let event) = $0 { event } else { nil } } }

    /// Lets the cores talk to each other.
    mutating func exchange() {
        var passed: [Passage] = []
        station.exchange(now: now, into: &effects) { passed.append($0) }
        passages += passed
    }

    /// Ends a turn, and commits what it wrote at once.
    mutating func commit(_ result: CommitResult = .committed) {
        exchange()
        let reports = CommitQueue.commit(station.takeWrites()) { writes in
            if result == .committed { disk.commit(writes) }
            return result
        }
        for report in reports { station.handleCommit(report, now: now, into: &effects) }
        exchange()
    }

    mutating func start() {
        station.start(now: now, into: &effects)
        station.join(through: [], now: now, into: &effects)
        // Nobody is there to ask: as if others had agreed.
        effects.node.events.append(.clock(.confirmed))
        commit()
    }

    mutating func send(_ text: String) throws(SendError) -> MessageID? {
        try station.send(text, to: peer, now: now, into: &effects)
    }

    /// Lets time pass to when something is due, and does it.
    mutating func wake() {
        guard let due = station.nextDeadline else { return }
        now.monotonic = max(now.monotonic, due)
        station.handleDeadline(now: now, into: &effects)
        commit()
    }
}
