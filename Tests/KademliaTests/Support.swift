import Basics
import Kademlia

/// Seeds of a property: some that never change, and one that is new in every run. A failure names its seed.
func seeds(_ fixed: Int) -> [UInt64] {
    var system = SystemRandomNumberGenerator()
    return (1...UInt64(fixed)).map { $0 } + [system.next()]
}

extension Instant {
    static func seconds(_ seconds: Double) -> Instant { .origin + .seconds(seconds) }
}

extension Contact {
    /// A contact with this ID; its key is the ID again, which nothing here looks at.
    init(_ id: NodeID, port: UInt16 = 7337) {
        self.init(
            id: id, key: PublicKey(id.bytes),
            endpoint: Endpoint(ipv4: 0x0a00_0000 | UInt32(truncatingIfNeeded: id.bytes.words.0 >> 40), port: port))
    }
}

extension NodeID {
    static let zero = NodeID(.zero)

    /// An ID that shares exactly `shared` bits with this one, random after.
    func neighbour(sharing shared: Int, _ generator: inout SeededGenerator) -> NodeID {
        let noise = generator.bytes32().words
        var bits = (0..<256).map { index in
            let word = index < 64 ? noise.0 : index < 128 ? noise.1 : index < 192 ? noise.2 : noise.3
            return index < shared ? bytes.bit(index) : word >> UInt64(63 - index % 64) & 1 == 1
        }
        bits[shared] = !bytes.bit(shared)
        let words = (0..<4).map { word in
            bits[(word * 64)..<(word * 64 + 64)].reduce(UInt64(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        return NodeID(Bytes32(words: (words[0], words[1], words[2], words[3])))
    }
}

extension Sequence where Element == Contact {
    /// The slow and obvious way: everybody, sorted.
    func sorted(towards point: Bytes32) -> [Contact] {
        sorted { $0.id.distance(to: point) < $1.id.distance(to: point) }
    }
}

extension RoutingTable {
    var entries: [TableEntry] {
        var entries: [TableEntry] = []
        forEach { entries.append($0) }
        return entries
    }

    mutating func takeChecks(now: Instant) -> [Contact] {
        var contacts: [Contact] = []
        takeChecks(now: now, into: &contacts)
        return contacts
    }
}
