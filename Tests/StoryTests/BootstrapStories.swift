import Basics
import Cryptography
import Exchange
import NodeCore
import Sessions
import Simulation
import Storage
import Testing

/// Joining through nodes that somebody named: rightly, wrongly, or too early.
@Suite struct BootstrapStories {
    /// Two nodes on a perfect link of ten milliseconds, of which the second is told to join through the first.
    private struct Pair {
        let addresses = [Endpoint(ipv4: 0x0a00_0001, port: 7_337), Endpoint(ipv4: 0x0a00_0002, port: 7_337)]
        var nodes: [Node]
        private let secrets: [SecretKey]
        var isUp = [true, true]
        /// Bytes of the largest datagram that the way carries.
        var largest = 1_200
        var events: [NodeEvent] = []
        private(set) var initiations = 0
        private var clock = Instant.origin
        private var outbox = Outbox()

        init(networks: [String] = ["story", "story"]) {
            var generator = SeededGenerator(seed: 5)
            let start = Now(monotonic: clock, utc: UnixTime(seconds: 1_790_000_000))
            let secrets = networks.map { _ in SecretKey(generator.bytes32()) }
            self.secrets = secrets
            nodes = networks.indices.map { index in
                Node(
                    secret: secrets[index],
                    configuration: NodeConfiguration(network: networks[index], families: .ipv4), suite: .cheap,
                    store: MemoryStore(), seed: generator.bytes32(), now: start)
            }
        }

        private var now: Now {
            Now(monotonic: clock, utc: UnixTime(seconds: 1_790_000_000 + clock.sinceOrigin.components.seconds))
        }

        mutating func start(through peer: BootstrapPeer) {
            nodes[0].start(bootstrap: [], now: now, into: &outbox)
            outbox.events.removeAll()
            nodes[1].start(bootstrap: [peer], now: now, into: &outbox)
        }

        /// The second node is told of more peers, as names have been resolved.
        mutating func tell(_ peers: [BootstrapPeer]) {
            nodes[1].start(bootstrap: peers, expectsMore: true, now: now, into: &outbox)
        }

        /// The second node comes back, with its key, and takes part differently.
        mutating func restart(as mode: NodeMode, through peer: BootstrapPeer) {
            let configuration = NodeConfiguration(network: "story", mode: mode, families: .ipv4)
            nodes[1] = Node(
                secret: secrets[1], configuration: configuration, suite: .cheap, store: MemoryStore(),
                seed: Bytes32(words: (9, 9, 9, clock.sinceOrigin.components.seconds.magnitude)), now: now)
            nodes[1].start(bootstrap: [peer], now: now, into: &outbox)
        }

        mutating func run(for seconds: Int) {
            let end = clock + .seconds(seconds)
            while clock < end {
                events += outbox.events
                outbox.events.removeAll()
                var datagrams: [(to: Endpoint, bytes: [UInt8])] = []
                func take(_ path: Path, _ bytes: UnsafeRawBufferPointer) {
                    datagrams.append((path.endpoint, [UInt8](bytes)))
                }
                outbox.datagrams.forEach(take)
                outbox.datagrams.removeAll()
                initiations += datagrams.count { $0.bytes.first == 1 }
                clock = clock + .milliseconds(10)
                for datagram in datagrams {
                    guard let receiver = addresses.firstIndex(of: datagram.to), isUp[receiver],
                        datagram.bytes.count <= largest
                    else { continue }
                    nodes[receiver].handleDatagram(
                        datagram.bytes.span.bytes, from: addresses[1 - receiver], now: now, into: &outbox)
                }
                for index in nodes.indices {
                    if let due = nodes[index].nextDeadline?.at, due <= clock {
                        nodes[index].handleDeadline(now: now, into: &outbox)
                    }
                }
            }
        }

        /// How long the second node has looked for others in vain.
        var seeking: Duration? { nodes[1].status.seekingSince.map { clock - $0 } }
        var isJoined: Bool { nodes[1].status.isJoined }
    }

    @Test func whoIsPinnedIsJoinedThrough() {
        var pair = Pair()
        pair.start(through: .known(pair.nodes[0].key, pair.addresses[0]))
        pair.run(for: 5)
        #expect(pair.isJoined && pair.nodes[1].status.contacts == 1 && pair.seeking == nil)
    }

    @Test func aServerThatComesBackAsAClientIsNotRoutedThroughUntilItIsOneAgain() {
        var pair = Pair()
        let first = BootstrapPeer.known(pair.nodes[0].key, pair.addresses[0])
        pair.start(through: first)
        pair.run(for: 5)
        #expect(pair.nodes[0].status.contacts == 1)
        for (mode, contacts) in [(NodeMode.client, 0), (.server, 1)] {
            pair.restart(as: mode, through: first)
            pair.run(for: 5)
            #expect(pair.isJoined && pair.nodes[0].status.contacts == contacts, "\(mode)")
        }
    }

    @Test func nobodyElseIsJoinedThroughAndTheStatusSaysSo() {
        var pair = Pair()
        let expected = CipherSuite.cheap.publicKey(of: SecretKey(Bytes32(words: (1, 2, 3, 4))))
        pair.start(through: .known(expected, pair.addresses[0]))
        pair.run(for: 5)
        #expect(pair.nodes[1].status.strangersAtBootstraps == [pair.addresses[0]])
        pair.run(for: 300)
        #expect(!pair.isJoined && pair.nodes[1].status.contacts == 0)
        #expect(pair.nodes[1].status.strangersAtBootstraps.count == 1)
    }

    @Test func aBootstrapThatIsDownIsMissedAndJoinedThroughOnceItIsUp() {
        var pair = Pair()
        pair.isUp[0] = false
        pair.start(through: .known(pair.nodes[0].key, pair.addresses[0]))
        pair.run(for: 60)
        #expect(pair.seeking == .seconds(60) && pair.nodes[1].status.hasNodesToAsk)
        #expect(pair.initiations <= 2 * Limits.unansweredPerHost)
        pair.isUp[0] = true
        pair.run(for: 40)
        #expect(pair.isJoined && pair.nodes[1].status.contacts == 1 && pair.seeking == nil)
        #expect(pair.nodes[1].status.strangersAtBootstraps.isEmpty, "it has the right key")
        pair.isUp[0] = false
        pair.run(for: 900)
        #expect(pair.isJoined && pair.seeking ?? .zero > .seconds(60), "it is missed again")
    }

    @Test func aNodeOfAnotherNetworkIsNotJoinedThrough() {
        var pair = Pair(networks: ["main", "story"])
        pair.start(through: .unknown(pair.addresses[0]))
        pair.run(for: 30)
        #expect(!pair.isJoined && pair.seeking == .seconds(30))
    }

    /// Some tunnels carry less than IPv6 demands. Small datagrams pass, so that the other seems to be there.
    @Test func aWayThatLosesLargeDatagramsIsNoticed() {
        var pair = Pair()
        pair.largest = 1_000
        pair.start(through: .known(pair.nodes[0].key, pair.addresses[0]))
        pair.run(for: 20)
        #expect(!pair.isJoined && pair.nodes[1].status.losesLargeDatagrams)
        pair.largest = 1_200
        pair.run(for: 40)
        #expect(pair.isJoined && !pair.nodes[1].status.losesLargeDatagrams)
        pair.isUp[0] = false
        pair.run(for: 900)
        #expect(!pair.nodes[1].status.losesLargeDatagrams, "who is down answers nothing at all")
    }

    @Test func whoHasNobodyToAskIsJoinedAndStillSaysThatItSeeks() {
        var pair = Pair()
        pair.start(through: .known(pair.nodes[0].key, pair.addresses[0]))
        let first = pair.nodes[0].status
        #expect(first.isJoined && first.seekingSince != nil && !first.hasNodesToAsk)
        pair.run(for: 5)
        #expect(pair.nodes[0].status.seekingSince == nil, "the other has come")
    }

    /// The number of contacts doesn't say that a node is alone: so nothing may be made to depend on it.
    @Test func whoseContactsAreAllSilentKeepsThemAndSeeks() {
        var pair = Pair()
        pair.start(through: .known(pair.nodes[0].key, pair.addresses[0]))
        pair.run(for: 5)
        #expect(!pair.nodes[1].isSeeking)
        pair.isUp[0] = false
        pair.run(for: 3_600)
        #expect(pair.nodes[1].isSeeking && pair.nodes[1].status.contacts == 1)
    }

    /// A name stands for one endpoint after the other, and each is remembered for a while only.
    @Test func theNewestPeersAreAskedHoweverManyThereWere() {
        var pair = Pair()
        pair.start(through: .unknown(Endpoint(ipv4: 0x0a00_0100, port: 7_337)))
        for former in 1..<200 as Range<UInt32> {
            pair.tell([.unknown(Endpoint(ipv4: 0x0a00_0100 + former, port: 7_337))])
        }
        pair.tell([.known(pair.nodes[0].key, pair.addresses[0])])
        pair.run(for: 60)
        #expect(pair.isJoined)
    }
}
