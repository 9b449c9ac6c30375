import Basics
import Cryptography
import NodeCore
import PeerCore
import Simulation
import Storage
import Testing
import Wire

/// Everything that went between nodes comes once more: from where it came, from elsewhere, to others, back to its sender, and in
/// another epoch.
@Suite struct ReplayStories {
    enum Way: CaseIterable {
        case again, fromElsewhere, toOthers, backToItsSender, inAnotherEpoch
    }

    /// Each way is compared with the same story in which nothing comes again.
    @Test(arguments: Way.allCases)
    func whatComesAgainChangesNothing(_ way: Way) throws {
        let (plain, replayed) = (try Story(way, replays: false), try Story(way, replays: true))
        #expect(plain.recorded > 1_000 && replayed.recorded == plain.recorded)
        #expect(replayed.texts == plain.texts && replayed.texts == ["one", "two", "three"])
        #expect(replayed.kept == plain.kept, "what nodes keep for others")
        #expect(replayed.contacts == plain.contacts, "whom nodes know, and where")
        #expect(replayed.requests == plain.requests, "what is asked of an open session, or needs one, is served once")
        #expect(replayed.answered <= replayed.sent, "nobody elsewhere gets more than was sent from there")
        if way == .fromElsewhere { #expect(replayed.answered > 0) }
    }
}

/// Two people write to each other, directly and by mailboxes; what was recorded then comes again or doesn't.
private struct Story {
    private(set) var recorded = 0
    private(set) var texts: [String] = []
    /// Keys and values of what relays keep for others.
    private(set) var kept: [[UInt8]] = []
    /// The keys and endpoints of each relay's contacts.
    private(set) var contacts: [Set<String>] = []
    /// Requests served while it came again, but for those that a handshake may carry: by kind.
    private(set) var requests: [RPCKind: Int] = [:]
    /// Bytes that came from elsewhere, and that went there.
    private(set) var sent = 0
    private(set) var answered = 0

    private struct Datagram {
        let from: HostID
        let to: HostID
        let bytes: [UInt8]
    }

    private final class Recording {
        var datagrams: [Datagram] = []
        var requests: [RPCKind: Int] = [:]
        var answered = 0
    }

    /// An address at which nobody is.
    private static let elsewhere = Endpoint(ipv4: 0xc000_0201, port: 4_000)

    init(_ way: ReplayStories.Way, replays: Bool) throws {
        var town = Town(nodes: 8, seed: 87, bucketSize: 6, settling: .seconds(30))
        let recording = Recording()
        town.network.tap = { from, to, bytes in
            if let to { recording.datagrams.append(Datagram(from: from, to: to, bytes: [UInt8](bytes))) }
        }
        for name in ["Amy", "Ben"] { town.addPerson(name) }
        town.network.run(for: .seconds(30))
        try town.write("one", from: "Amy", to: "Ben")
        town.network.run(for: .seconds(20))
        town.crash("Ben")
        try town.write("two", from: "Amy", to: "Ben")
        town.network.run(for: .seconds(60))
        town.restart("Ben")
        town.network.run(for: .seconds(30))
        try town.write("three", from: "Amy", to: "Ben")
        town.network.run(for: .seconds(30))
        town.network.tap = nil
        recorded = recording.datagrams.count

        if way == .inAnotherEpoch {
            for name in ["Amy", "Ben"] { town.crash(name) }
            town.network.run(for: .seconds(8 * 86_400))
            for name in ["Amy", "Ben"] { town.restart(name) }
            // Until the looks are over that follow a start.
            town.network.run(for: .seconds(300))
        }
        town.network.tap = { _, to, bytes in if to == nil { recording.answered += bytes.count } }
        town.network.requestTap = { _, _, body in
            guard let header = try? RPCHeader(decoding: body), let kind = header.kind else { return }
            switch kind {
            // What is read by anybody, or is not done before the address is proved.
            case .ping, .findNode, .getRecord, .putRecord, .deposit, .deliver, .discard: break
            // What nodes ask one another by themselves, now or a moment later.
            case .confirm, .reconcile, .has: break
            default: recording.requests[kind, default: 0] += 1
            }
        }
        // Few at a time, so that no bound on strangers hides what single ones do.
        for start in stride(from: 0, to: recording.datagrams.count, by: 100) {
            for datagram in recording.datagrams[start..<min(start + 100, recording.datagrams.count)] where replays {
                replay(datagram, way, in: &town)
            }
            town.network.run(for: .seconds(1))
        }
        requests = recording.requests
        answered = recording.answered
        texts = town.texts(of: "Ben")
        for relay in town.relays {
            for table in [Table.envelopes, .tombstones, .records] {
                town.network.disk(relay).scan(table, prefix: [], after: nil) { key, value in
                    kept.append(key.withUnsafeBytes { [UInt8]($0) } + value.withUnsafeBytes { [UInt8]($0) })
                    return true
                }
            }
            var known: Set<String> = []
            town.network.node(relay).forEachContact { known.insert("\($0.contact)") }
            contacts.append(known)
        }
    }

    private mutating func replay(_ datagram: Datagram, _ way: ReplayStories.Way, in town: inout Town) {
        let (from, to) = (town.network.endpoint(datagram.from), town.network.endpoint(datagram.to))
        switch way {
        case .again, .inAnotherEpoch: town.network.inject(datagram.bytes, to: datagram.to, from: from)
        case .fromElsewhere:
            sent += datagram.bytes.count
            town.network.inject(datagram.bytes, to: datagram.to, from: Story.elsewhere)
        case .toOthers:
            for relay in town.relays where relay != datagram.to && relay != datagram.from {
                town.network.inject(datagram.bytes, to: relay, from: from)
            }
        case .backToItsSender: town.network.inject(datagram.bytes, to: datagram.from, from: to)
        }
    }
}
