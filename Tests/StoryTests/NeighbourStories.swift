import Basics
import Cryptography
import NodeCore
import Sessions
import Storage
import Testing

/// Nodes of one local network that are told of each other.
@Suite struct NeighbourStories {
    /// Nodes on a perfect link of ten milliseconds.
    private struct Street {
        var nodes: [Node]
        /// Whom each has sent datagrams to.
        var sent: [[Endpoint]]
        private var clock = Instant.origin
        private var outbox = Outbox()

        static func address(_ index: Int) -> Endpoint { Endpoint(ipv4: 0x0a00_0001 + UInt32(index), port: 7_337) }

        init(networks: [String]) {
            var generator = SeededGenerator(seed: 5)
            let start = Now(monotonic: clock, utc: UnixTime(seconds: 1_790_000_000))
            nodes = networks.map { network in
                Node(
                    secret: SecretKey(generator.bytes32()),
                    configuration: NodeConfiguration(network: network, families: .ipv4), suite: .cheap,
                    store: MemoryStore(), seed: generator.bytes32(), now: start)
            }
            sent = nodes.map { _ in [] }
            // Each is the first of its network, as it knows nobody.
            for index in nodes.indices {
                nodes[index].start(bootstrap: [], now: now, into: &outbox)
                deliver(from: index)
            }
        }

        private var now: Now {
            Now(monotonic: clock, utc: UnixTime(seconds: 1_790_000_000 + clock.sinceOrigin.components.seconds))
        }

        mutating func tell(_ index: Int, of neighbours: [Endpoint]) {
            nodes[index].neighboursChanged(to: neighbours, now: now, into: &outbox)
            deliver(from: index)
        }

        /// A node asks a bootstrap node, and is told of neighbours before the answer comes.
        mutating func ask(_ index: Int, _ bootstrap: Endpoint, thenTellOf rounds: [[Endpoint]]) {
            nodes[index].start(bootstrap: [.unknown(bootstrap)], now: now, into: &outbox)
            deliver(from: index)
            for neighbours in rounds { tell(index, of: neighbours) }
        }

        private var onTheWay: [(from: Int, to: Endpoint, bytes: [UInt8])] = []

        private mutating func deliver(from index: Int) {
            var datagrams: [(from: Int, to: Endpoint, bytes: [UInt8])] = []
            func take(_ path: Path, _ bytes: UnsafeRawBufferPointer) {
                datagrams.append((index, path.endpoint, [UInt8](bytes)))
            }
            outbox.datagrams.forEach(take)
            outbox.datagrams.removeAll()
            outbox.events.removeAll()
            sent[index] += datagrams.map(\.to)
            onTheWay += datagrams
        }

        mutating func run(for seconds: Int) {
            let end = clock + .seconds(seconds)
            while clock < end {
                clock = clock + .milliseconds(10)
                let arriving = onTheWay
                onTheWay = []
                for datagram in arriving {
                    guard let receiver = nodes.indices.first(where: { Street.address($0) == datagram.to }) else {
                        continue
                    }
                    nodes[receiver].handleDatagram(
                        datagram.bytes.span.bytes, from: Street.address(datagram.from), now: now, into: &outbox)
                    deliver(from: receiver)
                }
                for index in nodes.indices {
                    if let due = nodes[index].nextDeadline?.at, due <= clock {
                        nodes[index].handleDeadline(now: now, into: &outbox)
                        deliver(from: index)
                    }
                }
            }
        }

        var contacts: [Int] { nodes.map(\.status.contacts) }
    }

    @Test func theFirstOfANetworkEachBecomeOne() {
        var street = Street(networks: ["a", "a"])
        street.run(for: 60)
        #expect(street.contacts == [0, 0] && street.nodes.allSatisfy { $0.status.isJoined })
        street.tell(1, of: [Street.address(0)])
        street.run(for: 2)
        #expect(street.contacts == [1, 1])
    }

    @Test func twoPartsOfANetworkBecomeOne() {
        var street = Street(networks: ["a", "a", "a", "a"])
        street.tell(1, of: [Street.address(0)])
        street.tell(3, of: [Street.address(2)])
        street.run(for: 10)
        #expect(street.contacts == [1, 1, 1, 1])
        street.tell(3, of: [Street.address(2), Street.address(0)])
        street.run(for: 10)
        // One has found all of them; the others learn of each other through it in time.
        #expect(street.contacts[3] == 3)
    }

    @Test func anotherNetworkIsNotJoined() {
        var street = Street(networks: ["a", "b"])
        street.tell(1, of: [Street.address(0)])
        street.run(for: 30)
        #expect(street.contacts == [0, 0])
    }

    @Test func aNeighbourThatIsSilentIsAskedAgainWhileNoOtherIsKnownAndNotOnceItHasGone() {
        var street = Street(networks: ["a"])
        let gone = Street.address(7)
        street.tell(0, of: [gone])
        #expect(street.sent[0] == [gone])
        street.run(for: 120)
        let asked = street.sent[0].count
        #expect((2...20).contains(asked))
        street.tell(0, of: [])
        street.run(for: 600)
        #expect(street.sent[0].count == asked)
    }

    @Test func whoHasItsNetworkAsksEachNewNeighbourOnce() {
        var street = Street(networks: ["a", "a"])
        street.tell(1, of: [Street.address(0)])
        street.run(for: 10)
        let gone = Street.address(7)
        for neighbours in [[gone], [gone, Street.address(0)], [gone]] {
            street.tell(1, of: neighbours)
            street.run(for: 60)
        }
        #expect(street.sent[1].count { $0 == gone } == 1)
    }

    /// Whoever names many neighbours ends no question to a bootstrap node.
    @Test func aBootstrapNodeIsHeardAmongManyNeighbours() {
        var street = Street(networks: ["a", "a"])
        street.run(for: 5)
        street.ask(
            1, Street.address(0),
            thenTellOf: (0..<6).map { round in (0..<16).map { Street.address(10 + 16 * round + $0) } })
        // Before the next attempt, a second later.
        street.run(for: 1)
        #expect(street.contacts == [1, 1])
    }

    @Test func noMoreThanSixteenAreAsked() {
        var street = Street(networks: ["a"])
        street.tell(0, of: (10..<110).map(Street.address))
        #expect(Set(street.sent[0]).count == 16)
    }
}
