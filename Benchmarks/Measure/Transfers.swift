import Basics
import Cryptography
import Exchange
import NodeCore
import Simulation
import Wire

/// What large messages cost: time and bytes against the least that is possible, over links of 100 ms each way.
enum Transfers {
    /// One kind of link.
    private struct Setting {
        let loss: Double
        /// Bits a second that the sender's uplink carries, behind a queue of 100 ms; nil: any number.
        var uplink: Int?

        var name: String {
            let rate = uplink.map { "\($0 / 1_000_000) Mbit/s" } ?? "any rate"
            return "\(Int(loss * 100)) %, \(rate)".padded(to: 18)
        }
    }

    private static let settings = [
        Setting(loss: 0), Setting(loss: 0.05), Setting(loss: 0.2), Setting(loss: 0, uplink: 20_000_000),
        Setting(loss: 0, uplink: 2_000_000), Setting(loss: 0.05, uplink: 2_000_000),
    ]

    static func measure(seeds: Int) {
        print("medians of \(seeds) seeds; times in seconds; bytes in multiples of the envelope's, 20 being the least")
        print("\nloss each way, rate   deposit: 2 KiB quorum | 64 KiB quorum, all 20, bytes sent, datagrams, dropped")
        for setting in settings {
            let small = runs(seeds, setting) { deposit(size: 2_048, &$0) }
            let large = runs(seeds, setting) { deposit(size: 69_632, &$0) }
            print(setting.name, "  ", small.column(0), "|", (0..<5).map(large.column).joined(separator: ", "))
        }
        print("\nloss each way, rate   deliver 64 KiB: time, bytes sent, datagrams")
        for setting in settings {
            let figures = runs(seeds, setting) { deliver(size: 69_632, &$0) }
            print(setting.name, "  ", (0..<3).map(figures.column).joined(separator: ", "))
        }
        print(
            "\nloss each way, rate   collect 40 of 2 KiB and 5 of 64 KiB: time, datagrams sent by the reader; 5 buddies dead"
        )
        for setting in settings where setting.uplink == nil {
            let alive = runs(seeds, setting) { collect(dead: 0, &$0) }
            let dead = runs(seeds, setting) { collect(dead: 5, &$0) }
            print(setting.name, "  ", (0..<2).map(alive.column).joined(separator: ", "), "|", dead.column(0))
        }
    }

    /// The figures of one run with each seed.
    private static func runs(_ seeds: Int, _ setting: Setting, _ run: (inout Scene) -> [Double]) -> [[Double]] {
        (1...seeds).map { seed in
            var scene = Scene(seed: UInt64(seed), loss: setting.loss, uplink: setting.uplink)
            return run(&scene)
        }
    }

    private static func deposit(size: Int, _ scene: inout Scene) -> [Double] {
        scene.begin()
        let id = scene.network.command(
            .deposit(mailbox: scene.owner.location, key: scene.owner.key, envelope: scene.envelope(size, 1)),
            at: scene.sender)
        let quorum = scene.wait { if case .depositProgress(id, _) = $0 { true } else { false } }
        let all = scene.wait { if case .depositFinished(id, _, _) = $0 { true } else { false } }
        return [quorum, all, scene.bytesSent / Double(size), scene.datagramsSent, scene.dropped]
    }

    private static func deliver(size: Int, _ scene: inout Scene) -> [Double] {
        let mailbox = scene.owner.location
        _ = scene.network.command(.acceptDeliveries(for: [mailbox]), at: scene.reader)
        let recipient = Contact(
            id: scene.network.node(scene.reader).id, key: scene.network.node(scene.reader).key,
            endpoint: scene.network.endpoint(scene.reader))
        scene.begin()
        let id = scene.network.command(
            .deliver(mailbox: mailbox, envelope: scene.envelope(size, 1), to: [recipient]), at: scene.sender)
        let time = scene.wait { if case .delivery(id, .accepted) = $0 { true } else { false } }
        return [time, scene.bytesSent / Double(size), scene.datagramsSent]
    }

    private static func collect(dead: Int, _ scene: inout Scene) -> [Double] {
        let sizes = Array(repeating: 2_048, count: 40) + Array(repeating: 69_632, count: 5)
        let loss = scene.network.link.loss
        scene.network.link.loss = 0
        for (number, size) in sizes.enumerated() {
            let id = scene.network.command(
                .deposit(
                    mailbox: scene.owner.location, key: scene.owner.key,
                    envelope: scene.envelope(size, UInt8(number))), at: scene.sender)
            _ = scene.wait { if case .depositFinished(id, _, _) = $0 { true } else { false } }
        }
        scene.network.link.loss = loss
        let holders = scene.network.hostIDs.filter { scene.network.node($0).status.envelopes > 0 }
        for host in holders.filter({ $0 != scene.reader }).prefix(dead) { scene.network.crash(host) }
        scene.begin(at: scene.reader)
        let id = scene.network.command(.collect(mailbox: scene.owner.location, key: scene.owner.key), at: scene.reader)
        scene.expectEnvelopes(sizes.count)
        let time = scene.wait { if case .collectFinished(id, _, _) = $0 { true } else { false } }
        return [scene.allFetched ?? time, scene.datagramsSent]
    }
}

/// A network of 60 nodes that have found each other, with a sender and a reader.
private struct Scene {
    var network: VirtualNetwork
    let sender: HostID
    let reader: HostID
    let owner: BlindedSigner
    private var begun = Instant.origin
    private var measured: HostID
    private var before = (bytes: 0, datagrams: 0, drops: 0)
    private var handled: [HostID: Int] = [:]
    private var envelopesMissing = 0
    /// When the last envelope expected came, in seconds.
    private(set) var allFetched: Double?

    init(seed: UInt64, loss: Double, uplink: Int?) {
        var network = VirtualNetwork(
            seed: seed, link: LinkModel(latency: .milliseconds(100)...(.milliseconds(100))), suite: .cheap,
            configuration: NodeConfiguration(families: .ipv4))
        let relays = (0..<60).map { _ in network.addHost() }
        for (index, relay) in relays.enumerated() {
            network.start(relay, bootstrap: index == 0 ? [] : [relays[0]])
            network.run(for: .milliseconds(50))
        }
        (sender, reader) = (relays[40], relays[41])
        measured = sender
        network.run(for: .seconds(90))
        network.link.loss = loss
        if let uplink { network.setUplink(bitsPerSecond: uplink, queue: .milliseconds(100), of: sender) }
        owner = ProfileKey(seed: SecretKey(Bytes32(words: (seed, 2, 3, 4))), suite: .cheap)
            .blinded(for: .mailbox, epoch: network.now.utc.epoch)
        self.network = network
    }

    func envelope(_ size: Int, _ fill: UInt8) -> [UInt8] {
        let header = EnvelopeHeader(
            expiry: network.now.utc.day.advanced(by: 10), sizeClass: Limits.sizeClasses.firstIndex(of: size) ?? 0)
        return header.assemble(sealed: Array(repeating: fill, count: size - EnvelopeHeader.byteCount))
    }

    mutating func begin(at host: HostID? = nil) {
        begun = network.time
        measured = host ?? sender
        before = (
            network.bytesSent(by: measured), network.datagramsSent(by: measured), network.datagramsDropped(by: measured)
        )
    }

    mutating func expectEnvelopes(_ count: Int) { envelopesMissing = count }

    /// Lets time pass until an operator is told this; answers what nodes ask meanwhile. The seconds it took, or NaN.
    mutating func wait(for isIt: (NodeEvent) -> Bool) -> Double {
        for _ in 0..<60_000 {
            for host in [sender, reader] {
                let events = network.answers(host)
                while handled[host, default: 0] < events.count {
                    let event = events[handled[host, default: 0]]
                    handled[host, default: 0] += 1
                    respond(to: event, at: host)
                    if isIt(event) { return elapsed }
                }
            }
            network.run(for: .milliseconds(5))
        }
        return .nan
    }

    private mutating func respond(to event: NodeEvent, at host: HostID) {
        switch event {
        case .challenge(let id, let challenge, let mailbox, let binding, let responder):
            guard let binding = Digest512(binding) else { return }
            let statement = SignedBytes.authorize(mailbox, channelBinding: binding, responder: responder)
            network.answer(.authorize(challenge: challenge, signature: owner.sign(statement)), id, at: host)
        case .offer(let id, _, let offered): network.answer(.fetch(offered), id, at: host)
        case .envelope:
            envelopesMissing -= 1
            if envelopesMissing == 0 { allFetched = elapsed }
        case .envelopeDelivered(let id, _, _):
            _ = network.command(.resolveDelivery(id, .accepted), at: host)
        default: break
        }
    }

    private var elapsed: Double { (network.time - begun) / .seconds(1) }
    var bytesSent: Double { Double(network.bytesSent(by: measured) - before.bytes) }
    var datagramsSent: Double { Double(network.datagramsSent(by: measured) - before.datagrams) }
    var dropped: Double { Double(network.datagramsDropped(by: measured) - before.drops) }
}

extension [[Double]] {
    /// The median of one figure.
    fileprivate func column(_ index: Int) -> String {
        let value = map { $0[index] }.sorted()[count / 2]
        guard value.isFinite else { return "never " }
        let text = value > 100 ? "\(Int(value))" : "\(Double(Int(value * 100 + 0.5)) / 100)"
        return text.padded(to: 6)
    }
}

extension String {
    fileprivate func padded(to count: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, count - self.count))
    }
}
