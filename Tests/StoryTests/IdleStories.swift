import Basics
import NodeCore
import Sessions
import Simulation
import Testing
import Wire

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
        nonisolated(unsafe) var receivedKinds = [Int](repeating: 0, count: 8)
        nonisolated(unsafe) var opening: [HostID: Int] = [:]
        nonisolated(unsafe) var openedBy: [String: Int] = [:]
        town.network.requestTap = { asked, _, body in
            guard opening[asked, default: 0] > 0, let request = try? Request.decode(body).request else { return }
            opening[asked, default: 0] -= 1
            openedBy["\(request.kind)", default: 0] += 1
        }
        town.network.tap = { from, to, datagram in
            if from == host {
                if let to, datagram[0] == DatagramKind.initiation.rawValue { opening[to, default: 0] += 1 }
                if second - last > 2 { wakings += 1 }
                last = second
                sent += 1
                bytesSent += datagram.count + 28
            }
            if to == host {
                received += 1
                bytesReceived += datagram.count + 28
                receivedKinds[Int(min(datagram[0], 7))] += datagram.count + 28
            }
        }
        for next in 0..<3_600 * hours {
            second = next
            town.network.run(for: .seconds(1))
        }
        (town.network.tap, town.network.requestTap) = (nil, nil)
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
        for kind in 1...7 where receivedKinds[kind] > 0 {
            print("  received, datagrams of kind \(kind): \(Double(receivedKinds[kind]) / seconds) B/s")
        }
        for (kind, count) in openedBy.sorted(by: { $0.value > $1.value }) {
            print("  handshakes for \(kind): \(Double(count) * 3_600 / seconds) an hour")
        }
        return cost
    }

    /// Behind a NAT that forgets after two minutes, as Linux does; and one that takes another port for each remote and whenever it has
    /// forgotten, so that each look opens sessions anew. Before: 142 and 392 B/s sent, 0.60 and 1.20 datagrams a second.
    @Test(arguments: [("port", NATKind.port, 31.0, 0.15), ("symmetric", .symmetric, 40, 0.16)])
    func whoIsHidden(name: String, kind: NATKind, bytes: Double, datagrams: Double) {
        var town = Town(nodes: 60, seed: 150)
        town.addPerson(name, behind: kind)
        town.network.run(for: .seconds(2 * 3_600))
        let cost = Self.measure(&town, name, hours: 8)
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
        #expect(cost.sent <= 38 && cost.datagramsSent <= 0.22)
    }

    /// On a battery, behind a NAT that forgets after two minutes: at most one waking in two minutes, and mail comes all the same.
    @Test func whoseRadioIsToSleep() throws {
        var town = Town(nodes: 60, seed: 152)
        town.addPerson("low", behind: .port, power: .low)
        town.addPerson("friend", behind: .open)
        town.network.run(for: .seconds(2 * 3_600))
        let cost = Self.measure(&town, "low", hours: 4)
        #expect(cost.wakings <= 1 / 120)
        try town.write("hello", from: "friend", to: "low")
        let isThere = town.wait(for: ["hello"], at: "low", limit: Limits.renewalInLowPower + .seconds(30))
        #expect(isThere, "its announcer tells it when it is asked to go on")
    }

    /// Where the NAT remembers for longer, or there is none, it comes at once.
    @Test func whoseRadioSleepsHearsAtOnceWhereItCan() throws {
        var kind = NATKind.port
        kind.answered = .seconds(600)
        var town = Town(nodes: 60, seed: 153)
        town.addPerson("low", behind: kind, power: .low)
        town.addPerson("friend", behind: .open)
        town.network.run(for: .seconds(2 * 3_600))
        try town.write("hello", from: "friend", to: "low")
        let isThere = town.wait(for: ["hello"], at: "low", limit: .seconds(3))
        #expect(isThere)
    }

    /// Before: 113 B/s.
    @Test func whoIsReached() {
        var town = Town(nodes: 60, seed: 150)
        town.addPerson("public", behind: .open)
        town.network.run(for: .seconds(2 * 3_600))
        let cost = Self.measure(&town, "public", hours: 8)
        #expect(cost.sent <= 50 && cost.received <= 40)
    }
}
