import Basics
import NodeCore
import Sessions
import Simulation
import Testing

/// What somebody costs who neither writes nor gets anything, in an hour, with twenty buddies: bytes with the heads of IP and UDP.
@Suite struct IdleStories {
    /// What one person's node sends and gets in a second.
    struct Cost {
        var (sent, received) = (0.0, 0.0)
        var (datagramsSent, datagramsReceived) = (0.0, 0.0)
        /// Moments in which something is sent, after two seconds at least in which nothing was.
        var wakings = 0.0
        /// Bytes sent by kind.
        var kinds: [(kind: Traffic.Kind, bytes: Double, datagrams: Double)] = []
    }

    static func measure(_ town: inout Town, _ name: String, hours: Int64 = 1) -> Cost {
        let host = town.host(name)
        let before = town.network.traffic.people
        nonisolated(unsafe) var (sent, received, bytesSent, bytesReceived, wakings) = (0, 0, 0, 0, 0)
        nonisolated(unsafe) var (second, last) = (Int64(0), Int64(-10))
        town.network.tap = { from, to, datagram in
            if from == host {
                if second - last > 2 { wakings += 1 }
                last = second
                sent += 1
                bytesSent += datagram.count + 28
            }
            if to == host {
                received += 1
                bytesReceived += datagram.count + 28
            }
        }
        for next in 0..<3_600 * hours {
            second = next
            town.network.run(for: .seconds(1))
        }
        town.network.tap = nil
        let after = town.network.traffic.people
        let seconds = Double(3_600 * hours)
        var cost = Cost()
        (cost.sent, cost.received) = (Double(bytesSent) / seconds, Double(bytesReceived) / seconds)
        (cost.datagramsSent, cost.datagramsReceived) = (Double(sent) / seconds, Double(received) / seconds)
        cost.wakings = Double(wakings) / seconds
        cost.kinds = Traffic.kinds.map { kind in
            let count = after[kind].datagrams - before[kind].datagrams
            let bytes = after[kind].bytes - before[kind].bytes + 28 * count
            return (kind, Double(bytes) / seconds, Double(count) / seconds)
        }
        .filter { $0.2 > 0 }.sorted { $0.1 > $1.1 }
        print("\(name): sent \(cost.sent) B/s in \(cost.datagramsSent), received \(cost.received) in")
        print("  \(cost.datagramsReceived), a waking each \(1 / max(cost.wakings, 0.0001)) s")
        for (kind, bytes, count) in cost.kinds { print("  \(kind): \(bytes) B/s, \(count * 3_600) an hour") }
        return cost
    }

    /// Behind a NAT that forgets after two minutes, as Linux does; and one that takes another port for each remote and whenever it has
    /// forgotten, so that each look opens sessions anew. Before: 142 and 392 B/s sent, 0.60 and 1.20 datagrams a second.
    @Test(arguments: [("port", NATKind.port, 48.0, 0.18), ("symmetric", .symmetric, 130, 0.5)])
    func whoIsHidden(name: String, kind: NATKind, bytes: Double, datagrams: Double) {
        var town = Town(nodes: 60, seed: 150)
        town.addPerson(name, behind: kind)
        town.network.run(for: .seconds(2 * 3_600))
        let cost = Self.measure(&town, name, hours: 2)
        #expect(cost.sent <= bytes && cost.received <= bytes)
        #expect(cost.datagramsSent <= datagrams && cost.datagramsReceived <= datagrams)
    }

    /// Behind a NAT that forgets after half a minute, which has to be reminded that often.
    @Test func whoseNATForgetsSoon() {
        var kind = NATKind.port
        kind.answered = .seconds(30)
        var town = Town(nodes: 60, seed: 151)
        town.addPerson("short", behind: kind)
        town.network.run(for: .seconds(2 * 3_600))
        let cost = Self.measure(&town, "short", hours: 2)
        #expect(cost.sent <= 75 && cost.datagramsSent <= 0.3)
    }

    /// Before: 113 B/s.
    @Test func whoIsReached() {
        var town = Town(nodes: 60, seed: 150)
        town.addPerson("public", behind: .open)
        town.network.run(for: .seconds(2 * 3_600))
        let cost = Self.measure(&town, "public", hours: 2)
        #expect(cost.sent <= 72 && cost.received <= 60)
    }
}
