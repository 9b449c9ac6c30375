import Basics
import Cryptography
import Exchange
import NodeCore
import Sessions
import Storage
import Wire

/// One request and its answer between two whole nodes, in memory: what an RPC costs without the kernel.
enum RoundTrip {
    static func measure(count: Int) {
        var pair = Pair()
        pair.connect()
        let asked = nanosecondsEach(count) {
            for round in 0..<count { pair.lookUp(round) }
        }
        print("two nodes, \(pair.datagrams) datagrams in \(count) lookups")
        print("lookup of one contact, both sides together  \(asked) ns")
        print("per datagram handled                        \(asked * Double(count) / Double(pair.datagrams)) ns")
        let plain = nanosecondsEach(count) { codec(count) }
        print("encoding and decoding a findNode alone      \(plain) ns")
    }

    private static func codec(_ count: Int) {
        var writer = ByteWriter(capacity: Limits.bodySize)
        var sum: UInt32 = 0
        for round in 0..<count {
            writer.reset()
            let target = Bytes32(words: (UInt64(round), 1, 2, 3))
            Request.findNode(target: target, count: 20, families: .ipv4)
                .encode(requestID: UInt32(truncatingIfNeeded: round), into: &writer)
            writer.withSpan { sum &+= (try? Request.decode($0))?.header.requestID ?? 0 }
        }
        precondition(sum != 1)
    }

    /// Two nodes and a wire without delay.
    private struct Pair {
        private var nodes: [Node]
        private var outbox = Outbox()
        private let endpoints = [Endpoint(ipv4: 0x7f00_0001, port: 1), Endpoint(ipv4: 0x7f00_0001, port: 2)]
        private var now = Now(monotonic: .origin, utc: UnixTime(seconds: 1_790_000_000))
        private(set) var datagrams = 0

        init() {
            let now = now
            nodes = (1...2).map { number in
                Node(
                    secret: SecretKey(Bytes32(words: (number, 2, 3, 4))),
                    configuration: NodeConfiguration(families: .ipv4), suite: .sodium, store: MemoryStore(),
                    seed: Bytes32(words: (number, 5, 6, 7)), now: now)
            }
        }

        mutating func connect() {
            nodes[0].start(bootstrap: [], now: now, into: &outbox)
            deliver(from: 0)
            nodes[1].start(bootstrap: [.known(nodes[0].key, endpoints[0])], now: now, into: &outbox)
            deliver(from: 1)
        }

        mutating func lookUp(_ round: Int) {
            now.monotonic = now.monotonic + .microseconds(10)
            let target = Bytes32(words: (1, 2, 3, 4))
            nodes[1].handle(
                .lookup(target: target), id: CommandID(number: UInt64(round)), now: now, into: &outbox)
            deliver(from: 1)
        }

        /// Hands datagrams over until nobody has more to say.
        private mutating func deliver(from first: Int) {
            var sender = first
            while !outbox.datagrams.isEmpty {
                var bytes: [[UInt8]] = []
                func take(_: Path, _ datagram: UnsafeRawBufferPointer) { bytes.append([UInt8](datagram)) }
                outbox.datagrams.forEach(take)
                outbox.datagrams.removeAll()
                for datagram in bytes {
                    datagrams += 1
                    let span = datagram.span.bytes
                    nodes[1 - sender].handleDatagram(span, from: endpoints[sender], now: now, into: &outbox)
                }
                sender = 1 - sender
            }
            outbox.events.removeAll(keepingCapacity: true)
        }
    }
}
