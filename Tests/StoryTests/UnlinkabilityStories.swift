import Basics
import Cryptography
import NodeCore
import PeerCore
import Simulation
import Testing
import Wire

/// What all nodes together could learn from what they are asked, IP addresses aside, if all of them compared notes.
@Suite struct UnlinkabilityStories {
    /// Two weeks, three people, three epochs. Every request is read at the node that serves it, decrypted.
    @Test func twoWeeksOfEverybodysRequestsLinkNoMailboxToANodeNorOneEpochToTheNext() throws {
        var town = Town(nodes: 10, seed: 81, bucketSize: 6)
        let names = ["Amy", "Ben", "Cat"]
        for name in names { town.addPerson(name) }
        let reader = RequestReader(people: names.map { town.id($0) }, from: town.network.now.utc.epoch)
        for host in town.network.hostIDs { reader.add(town.network.node(host).key) }
        town.network.requestTap = { reader.read($2, from: $1, at: $0) }
        for day in 0..<14 {
            let (sender, away) = (names[day % 3], names[(day + 1) % 3])
            town.crash(away)
            town.network.run(for: .seconds(10))
            for name in names where name != sender { try town.write("Day \(day)", from: sender, to: name) }
            town.network.run(for: .seconds(60))
            town.restart(away)
            town.network.run(for: .seconds(60))
            town.network.sleep(for: .seconds(86_400 - 130))
        }
        town.network.run(for: .seconds(120))
        for name in names { #expect(town.texts(of: name).count >= 9, "\(name) got their mail") }

        #expect(reader.violations.isEmpty, "\(reader.violations.sorted().prefix(5).joined(separator: "\n"))")
        for kind in RequestReader.personalKinds { #expect(reader.counts[kind, default: 0] > 0, "\(kind) was not seen") }
        #expect(reader.epochsSeen.count >= 4, "\(reader.epochsSeen)")
        // Nodes hand on what they keep, and only that, under their own keys.
        let nodes = town.network.hostIDs.map { town.network.node($0) }
        for (key, location) in reader.handedOver {
            #expect(
                nodes.contains { $0.key == key && $0.holdsRecord(at: location) }, "a record travels under a node's key")
        }
        // At random, a few in a million follow upon an ID that another key has used.
        #expect(reader.successions * 1_000 < reader.requests, "\(reader.successions) of \(reader.requests)")
    }
}

/// Reads requests as if all nodes were one, and notes whatever ties what should not be tied.
final class RequestReader {
    static let personalKinds = [
        "getRecord", "putRecord", "deposit", "authorize", "list", "fetch", "discard", "deliver",
    ]

    private var nodeKeys: Set<PublicKey> = []
    /// Keys and IDs of nodes: what none of a person's requests may contain.
    private var nodeNames: Set<Window> = []
    private let places: [Location: (epoch: Epoch, purpose: String)]
    /// Where and for what each client key was used, and where each stretch of bytes was seen.
    private var placeOfKey: [PublicKey: Location] = [:]
    private var purposes: [PublicKey: String] = [:]
    private var stretches: [Window: Location] = [:]
    private var bodiesRead: Set<[UInt8]> = []
    private var requestIDs: [UInt32: PublicKey] = [:]
    private struct Comparison: Hashable {
        let asker: PublicKey
        let host: HostID
    }
    private var compared: Set<Comparison> = []
    private(set) var violations: Set<String> = []
    private(set) var counts: [String: Int] = [:]
    private(set) var epochsSeen: Set<Epoch> = []
    private(set) var handedOver: [(PublicKey, Location)] = []
    private(set) var requests = 0
    /// Requests under one key whose ID is the successor of one under another.
    private(set) var successions = 0

    init(people: [PeerID], from epoch: Epoch) {
        var places: [Location: (Epoch, String)] = [:]
        for person in people {
            for epoch in (-3...5).map({ epoch.advanced(by: $0) }) {
                for purpose in [BlindingPurpose.record, .mailbox] {
                    guard let key = person.blindedKey(for: purpose, epoch: epoch, suite: .cheap) else { continue }
                    places[key.location] = (epoch, "\(purpose)")
                }
            }
        }
        self.places = places
    }

    func add(_ node: PublicKey) {
        nodeKeys.insert(node)
        nodeNames.formUnion([Window(node.bytes.array[...]), Window(node.nodeID.bytes.array[...])])
    }

    func read(_ span: RawSpan, from key: PublicKey, at host: HostID) {
        guard let header = try? RPCHeader(decoding: span), let request = try? Request.decode(span).request else {
            return
        }
        requests += 1
        recordID(header.requestID, key)
        let (kind, purpose, location) = RequestReader.describe(request)
        if nodeKeys.contains(key) { return readNodes(kind, location, key, at: host) }
        counts[kind, default: 0] += 1
        if let location {
            if let place = places[location] { epochsSeen.insert(place.epoch) }
            if let other = placeOfKey.updateValue(location, forKey: key), other != location {
                violations.insert("one key asks at two places: \(kind)")
            }
        }
        if let purpose, let other = purposes.updateValue(purpose, forKey: key), other != purpose {
            violations.insert("one key has two purposes: \(purpose) and \(other)")
        }
        let body = span.withUnsafeBytes { Array($0.dropFirst(RPCHeader.byteCount)) }
        if let location, bodiesRead.insert(body).inserted { readStretches(body, kind, at: location) }
    }

    /// What a node asks for itself: where others are, and that they keep what it keeps. What it fetches or brings goes only
    /// between it and a node with which it has compared all that both keep.
    private func readNodes(_ kind: String, _ location: Location?, _ key: PublicKey, at host: HostID) {
        switch kind {
        case "ping", "confirm", "has": break
        // To a key that it knows only from the mailbox.
        case "announce", "announceCollected", "passed punch": break
        case "reconcile": compared.insert(Comparison(asker: key, host: host))
        case "fetch", "getRecord", "deposit", "discard":
            if !compared.contains(Comparison(asker: key, host: host)) {
                violations.insert("a node does a person's business: \(kind)")
            }
        case "findNode":
            if let location, places[location] != nil { violations.insert("a node looks for a person's place") }
        case "putRecord":
            if let location, !handedOver.contains(where: { $0 == (key, location) }) {
                handedOver.append((key, location))
            }
        default: violations.insert("a node does a person's business: \(kind)")
        }
    }

    private func readStretches(_ body: [UInt8], _ kind: String, at location: Location) {
        for start in 0..<max(0, body.count - Window.byteCount + 1) {
            let window = Window(body[start..<(start + Window.byteCount)])
            if nodeNames.contains(window) { violations.insert("a node is named in a \(kind)") }
            guard !window.isPadding else { continue }
            if let other = stretches.updateValue(location, forKey: window), other != location {
                violations.insert("the same bytes at two places, in a \(kind)")
            }
        }
    }

    private func recordID(_ id: UInt32, _ key: PublicKey) {
        if let before = requestIDs[id &- 1], before != key { successions += 1 }
        requestIDs[id] = key
    }

    private static func describe(_ request: Request) -> (kind: String, purpose: String?, location: Location?) {
        switch request {
        case .ping: ("ping", nil, nil)
        // Of nodes, about nodes.
        case .confirm: ("confirm", nil, nil)
        case .reconcile: ("reconcile", nil, nil)
        case .has(let mailbox, _, _): ("has", nil, mailbox)
        case .findNode(let target, _, _): ("findNode", nil, Location(target))
        // Who reads a record brings it to those that lack it.
        case .getRecord(let location, _): ("getRecord", "record", location)
        case .putRecord(let chunk): ("putRecord", "record", chunk.location)
        case .deposit(let chunk): ("deposit", "deposit", chunk.location)
        case .deliver(let chunk): ("deliver", "deliver", chunk.location)
        case .authorize(let mailbox, _, _): ("authorize", "collect", mailbox)
        case .list(let mailbox, _): ("list", "collect", mailbox)
        case .subscribe(let mailbox, _, _): ("subscribe", "collect", mailbox)
        case .announce(let mailbox, _): ("announce", nil, mailbox)
        case .announceCollected(let mailbox, _): ("announceCollected", nil, mailbox)
        case .punch(let mailbox, _, nil): ("punch", "deposit", mailbox)
        case .punch(let mailbox, _, _): ("passed punch", nil, mailbox)
        case .fetch(let mailbox, _, _): ("fetch", "collect", mailbox)
        case .discard(let mailbox, _, _): ("discard", "collect", mailbox)
        }
    }
}

/// A stretch of bytes as long as the shortest random value, a nonce. Format alone repeats fewer.
private struct Window: Hashable {
    static let byteCount = 24
    private let words: (UInt64, UInt64, UInt64)

    /// The first bytes of a slice.
    init(_ bytes: ArraySlice<UInt8>) {
        func word(_ index: Int) -> UInt64 {
            bytes.dropFirst(8 * index).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        words = (word(0), word(1), word(2))
    }

    /// Whether it is mostly zeros, as no random value is.
    var isPadding: Bool {
        var zeros = 0
        for word in [words.0, words.1, words.2] {
            for shift in stride(from: 0, to: 64, by: 8) where word >> UInt64(shift) & 0xff == 0 { zeros += 1 }
        }
        return zeros > 8
    }

    static func == (left: Window, right: Window) -> Bool { left.words == right.words }
    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
    }
}
