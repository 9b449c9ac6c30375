import Basics
import Cryptography
import NodeCore
import PeerCore
import Sessions
import Simulation
import Wire

/// What the node of one person in a town sends and gets in a second, and what for. It prints what it has counted.
struct IdleCost {
    private(set) var (sent, received) = (0.0, 0.0)
    private(set) var (datagramsSent, datagramsReceived) = (0.0, 0.0)
    /// Moments in a second at which something is sent, after two seconds at least in which nothing was.
    private(set) var wakings = 0.0

    /// Lets hours pass.
    init(of name: String, in town: inout Town, hours: Int64) {
        let host = town.host(name)
        let before = town.network.traffic.people
        let seconds = Double(3_600 * hours)
        let places = IdlePlaces(of: town.id(name), now: town.network.now.utc)
        nonisolated(unsafe) var count = (sent: 0, received: 0, bytesSent: 0, bytesReceived: 0, wakings: 0)
        nonisolated(unsafe) var (second, last) = (Int64(0), Int64(-10))
        // A handshake's request is served where it comes, before anything else of that host.
        nonisolated(unsafe) var opening: [HostID: Int] = [:]
        nonisolated(unsafe) var causes: [String: Int] = [:]
        town.network.requestTap = { asked, _, body in
            guard opening[asked, default: 0] > 0, let request = try? Request.decode(body).request else { return }
            opening[asked, default: 0] -= 1
            causes["\(request.kind) \(places.name(of: request))", default: 0] += 1
        }
        town.network.tap = { from, to, datagram in
            if from == host {
                if let to, datagram[0] == DatagramKind.initiation.rawValue { opening[to, default: 0] += 1 }
                if second - last > 2 { count.wakings += 1 }
                last = second
                count.sent += 1
                count.bytesSent += datagram.count + Self.heads
            }
            if to == host {
                count.received += 1
                count.bytesReceived += datagram.count + Self.heads
            }
        }
        for next in 0..<3_600 * hours {
            second = next
            town.network.run(for: .seconds(1))
        }
        (town.network.tap, town.network.requestTap) = (nil, nil)
        (sent, received) = (Double(count.bytesSent) / seconds, Double(count.bytesReceived) / seconds)
        (datagramsSent, datagramsReceived) = (Double(count.sent) / seconds, Double(count.received) / seconds)
        wakings = Double(count.wakings) / seconds
        printAll(causes, town.network.traffic.people, before, hours: Double(hours))
    }

    /// The heads of IPv4 and UDP.
    private static let heads = 28

    private func printAll(_ causes: [String: Int], _ after: Traffic, _ before: Traffic, hours: Double) {
        print("sent \(sent) B/s in \(datagramsSent) datagrams, received \(received) B/s in \(datagramsReceived),")
        print("  a waking each \(1 / max(wakings, 0.0001)) s")
        let kinds = Traffic.kinds.map { kind in
            let datagrams = after[kind].datagrams - before[kind].datagrams
            return (kind, datagrams, after[kind].bytes - before[kind].bytes + Self.heads * datagrams)
        }
        for (kind, datagrams, bytes) in kinds.sorted(by: { $0.2 > $1.2 }) where datagrams > 0 {
            print("  \(kind): \(Double(bytes) / hours / 3_600) B/s, \(Double(datagrams) / hours) an hour")
        }
        for (cause, count) in causes.sorted(by: { $0.value > $1.value }) {
            print("  handshakes for \(cause): \(Double(count) / hours) an hour")
        }
    }
}

/// The places that belong to one person, by name.
private struct IdlePlaces {
    private var names: [Bytes32: String] = [:]

    init(of person: PeerID, now: UnixTime) {
        for difference in -3...1 as ClosedRange<Int64> {
            let epoch = now.advanced(bySeconds: difference * 7 * UnixTime.secondsPerDay).epoch
            for purpose in [BlindingPurpose.mailbox, .record] {
                guard let location = person.blindedKey(for: purpose, epoch: epoch, suite: .cheap)?.location else {
                    continue
                }
                names[location.bytes] = "\(purpose) \(difference)"
            }
        }
    }

    /// The place that a request is about, where it is one of these.
    func name(of request: Request) -> String {
        let place: Bytes32? =
            switch request {
            case .findNode(let target, _, _): target
            case .putRecord(let chunk): chunk.location.bytes
            case .getRecord(let location, _): location.bytes
            case .list(let mailbox, _), .subscribe(let mailbox, _), .authorize(let mailbox, _, _): mailbox.bytes
            default: nil
            }
        return place.map { names[$0] ?? "elsewhere" } ?? ""
    }
}
