import Basics
import Discovery

/// Some machines in one local network, whose nodes hear all that is sent to its group, and a clock.
final class LocalBench {
    struct Machine {
        let link: LocalLink
        var search: LocalDiscovery
        var found: [Endpoint] = []
        var sent: [(at: Duration, message: DnsMessage)] = []
        var isThere = true
    }

    private(set) var machines: [Machine] = []
    private(set) var now = Instant.origin
    /// What is on the way to all: a fraction of a millisecond.
    private var onTheWay: [(from: Int, bytes: [UInt8])] = []

    static func link(_ host: UInt32, port: UInt16 = 7_337) -> LocalLink {
        LocalLink(
            interface: 2, isIPv4: true, addresses: [.init(Endpoint(ipv4: 0xc0a8_0100 | host, port: 0), prefix: 24)],
            port: port)
    }

    static func place(_ host: UInt32, port: UInt16 = 7_337) -> Endpoint {
        Endpoint(ipv4: 0xc0a8_0100 | host, port: port)
    }

    /// A machine comes, and a node starts there; its number.
    @discardableResult
    func start(_ link: LocalLink, network: String = "aa55", seed: UInt64? = nil) -> Int? {
        let seed = seed ?? UInt64(machines.count + 1)
        guard let search = LocalDiscovery(on: link, network: network, seed: seed, now: now) else { return nil }
        machines.append(Machine(link: link, search: search))
        return machines.count - 1
    }

    /// The node of a machine ends in order, or is killed.
    func end(_ number: Int, inOrder: Bool = true) {
        if inOrder {
            machines[number].search.end()
            drain(number)
        }
        machines[number].isThere = false
        deliver()
    }

    func seek(_ number: Int) {
        machines[number].search.seek(now: now)
        drain(number)
    }

    /// Gives a machine a datagram that somebody sent to the group.
    func give(_ bytes: [UInt8], from sender: Endpoint, to number: Int = 0) {
        machines[number].search.observe(bytes.span.bytes, from: sender, now: now)
        drain(number)
        deliver()
    }

    func run(for duration: Duration) {
        let end = now + duration
        while let due = machines.lazy.filter(\.isThere).compactMap(\.search.nextDeadline).min(), due <= end {
            now = max(now, due)
            for number in machines.indices where machines[number].isThere {
                machines[number].search.handleDeadline(now: now)
                drain(number)
            }
            deliver()
        }
        now = end
    }

    /// The messages of a kind that a machine has sent.
    func sent(by number: Int, responses: Bool) -> [(at: Duration, message: DnsMessage)] {
        machines[number].sent.filter { $0.message.isResponse == responses }
    }

    func sender(_ number: Int) -> Endpoint {
        machines[number].link.addresses[0].endpoint.with(port: 5_353)
    }

    private func drain(_ number: Int) {
        while let directive = machines[number].search.nextDirective() {
            switch directive {
            case .send(let bytes):
                guard let message = DnsMessage(bytes) else { continue }
                machines[number].sent.append((now - .origin, message))
                onTheWay.append((number, bytes))
            case .found(let endpoints): machines[number].found = endpoints
            }
        }
    }

    /// All hear all, the sender itself too.
    private func deliver() {
        while !onTheWay.isEmpty {
            let (sender, bytes) = onTheWay.removeFirst()
            for number in machines.indices where machines[number].isThere {
                machines[number].search.observe(bytes.span.bytes, from: self.sender(sender), now: now)
                drain(number)
            }
        }
    }
}
