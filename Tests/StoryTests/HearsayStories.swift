import Basics
import Cryptography
import Exchange
import NodeCore
import Sessions
import Storage
import Testing
import Wire

/// Liars name nodes that don't exist, at the address of somebody else: nodes must not flood them.
@Suite struct HearsayStories {
    /// A liar that answers every findNode with twenty keys that nobody has seen before, all at the victim's address.
    private struct Liar {
        let key: PublicKey
        let endpoint = Endpoint(ipv4: 0xc633_6401, port: 7_337)
        var namesLeft: Int
        let victim: UInt32
        private var sessions: SessionTable
        private var plaintext = ByteWriter(capacity: Limits.datagramSize)
        private var generator: SeededGenerator

        init(seed: UInt64, names: Int, victim: UInt32) {
            generator = SeededGenerator(seed: seed)
            namesLeft = names
            self.victim = victim
            let secret = SecretKey(generator.bytes32())
            key = CipherSuite.cheap.publicKey(of: secret)
            sessions = SessionTable(
                node: secret, mode: .server, network: "story", suite: .cheap, seed: generator.bytes32())
        }

        mutating func handle(_ datagram: [UInt8], from sender: Endpoint, now: Instant) -> [[UInt8]] {
            var queue = DatagramQueue(capacity: 4)
            let received = sessions.receive(
                datagram.span.bytes, over: .direct(sender), now: now, plaintext: &plaintext, into: &queue)
            if case .request(_, let carrier, _) = received,
                let (header, request) = plaintext.withSpan({ try? Request.decode($0) })
            {
                let answer = answer(request, header: header, room: sessions.maximumReply(over: carrier))
                _ = sessions.reply(answer.span.bytes, as: .other, over: carrier, now: now, into: &queue)
            }
            var answers: [[UInt8]] = []
            func take(_: Path, _ bytes: UnsafeRawBufferPointer) { answers.append([UInt8](bytes)) }
            queue.forEach(take)
            return answers
        }

        private mutating func answer(_ request: Request, header: RPCHeader, room: Int) -> [UInt8] {
            var items = ByteWriter(capacity: Limits.bodySize)
            var body = ByteWriter(capacity: Limits.bodySize)
            guard case .findNode = request else { return [] }
            let names = min(namesLeft, (room - 16) / 39, Limits.contactsPerAnswer)
            namesLeft -= names
            for _ in 0..<names {
                let port = UInt16.random(in: 1_024...65_535, using: &generator)
                let name = CipherSuite.cheap.publicKey(of: SecretKey(generator.bytes32()))
                items.contact(
                    Contact(id: name.nodeID, key: name, ipv4: Endpoint(ipv4: victim, port: port)))
            }
            let range = items.range
            items.withSpan { Response.contacts(range).encode(answering: header, payload: $0, into: &body) }
            return body.bytes
        }
    }

    @Test func aThousandFalseNamesForOneAddressBringItABoundedNumberOfDatagrams() {
        let victim: UInt32 = 0xcb00_7105
        var liar = Liar(seed: 1, names: 1_000, victim: victim)
        var generator = SeededGenerator(seed: 2)
        let own = Endpoint(ipv4: 0x0808_0808, port: 7_337)
        var clock = Instant.origin
        func now() -> Now {
            Now(monotonic: clock, utc: UnixTime(seconds: 1_790_000_000 + clock.sinceOrigin.components.seconds))
        }
        var node = Node(
            secret: SecretKey(generator.bytes32()),
            configuration: NodeConfiguration(network: "story", families: .ipv4), suite: .cheap, store: MemoryStore(),
            seed: generator.bytes32(), now: now())
        var outbox = Outbox()
        var reached: [Instant] = []
        node.start(bootstrap: [.known(liar.key, liar.endpoint)], now: now(), into: &outbox)
        var lookups: UInt64 = 0
        let end = Instant(sinceOrigin: .seconds(600))
        while clock < end {
            var datagrams: [(to: Endpoint, bytes: [UInt8])] = []
            func take(_ path: Path, _ bytes: UnsafeRawBufferPointer) {
                datagrams.append((path.endpoint, [UInt8](bytes)))
            }
            outbox.datagrams.forEach(take)
            outbox.datagrams.removeAll()
            if datagrams.isEmpty {
                // Somebody has the node search, again and again.
                clock = min(node.nextDeadline?.at ?? end, clock + .seconds(1))
                node.handleDeadline(now: now(), into: &outbox)
                if clock.sinceOrigin >= .seconds(Int(lookups) * 5) {
                    lookups += 1
                    node.handle(
                        .lookup(target: generator.bytes32()), id: CommandID(number: lookups), now: now(), into: &outbox)
                }
                continue
            }
            for datagram in datagrams {
                if datagram.to.ipv4 == victim { reached.append(clock) }
                guard datagram.to == liar.endpoint else { continue }
                clock = clock + .milliseconds(20)
                for answer in liar.handle(datagram.bytes, from: own, now: clock) {
                    node.handleDatagram(answer.span.bytes, from: liar.endpoint, now: now(), into: &outbox)
                }
            }
        }
        #expect(liar.namesLeft == 0, "the node asked for more, again and again")
        // Ten minutes, and what may come at once in the beginning.
        #expect(reached.count <= 11 * Limits.unansweredPerHost, "\(reached.count) reached the victim")
        #expect(reached.count >= Limits.unansweredPerHost)
        print("\(reached.count) datagrams reached the address of a thousand false names in ten minutes")
    }
}
