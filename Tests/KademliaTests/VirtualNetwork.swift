import Basics
import Kademlia

/// Routing tables that ask each other: no datagrams, only answers that take their (virtual) time, or never come.
struct VirtualNetwork {
    /// How a node answers a request for contacts.
    enum Behaviour {
        case honest
        /// Never.
        case dead
        /// With contacts that don't exist, closer to the target than anybody.
        case liar
    }

    /// What a lookup did, and found.
    struct Outcome: Equatable {
        var closest: [NodeID] = []
        var asked: [NodeID] = []
        var rounds = 0
        var mostUnderWay = 0
        var lateAnswers = 0
        var elapsed = Duration.zero
    }

    let bucketSize: Int
    private(set) var tables: [RoutingTable] = []
    private(set) var behaviours: [Behaviour] = []
    private(set) var now = Instant.seconds(1)
    private var indices: [NodeID: Int] = [:]
    private var generator: SeededGenerator

    /// Nodes that join one after the other, each through a random one that is there.
    init(size: Int, bucketSize: Int, seed: UInt64) {
        self.bucketSize = bucketSize
        generator = SeededGenerator(seed: seed)
        for index in 0..<size {
            let id = NodeID(generator.bytes32())
            tables.append(RoutingTable(own: id, bucketSize: bucketSize))
            behaviours.append(.honest)
            indices[id] = index
            if index > 0 { join(index, through: Int(generator.next() % UInt64(index))) }
        }
    }

    private mutating func join(_ index: Int, through bootstrap: Int) {
        let id = tables[index].own
        _ = run(lookup(id.bytes, by: index, seeds: [Contact(tables[bootstrap].own)]), by: index)
        now = now + .seconds(15)
        while let target = tables[index].refreshTarget(now: now, randomness: generator.bytes32()) {
            _ = run(lookup(target, by: index, count: 2), by: index)
        }
    }

    /// Every fraction-th node behaves otherwise from now on.
    mutating func turn(every fraction: Int, into behaviour: Behaviour) {
        for index in tables.indices where index % fraction == fraction - 1 { behaviours[index] = behaviour }
    }

    /// Those that answer, and are true, closest to the target.
    func expected(_ target: Bytes32, excluding own: NodeID? = nil, including: Behaviour = .honest) -> [NodeID] {
        let present = tables.indices.filter { behaviours[$0] == .honest || behaviours[$0] == including }
        let contacts = present.map { Contact(tables[$0].own) }.filter { $0.id != own }
        return contacts.sorted(towards: target).prefix(bucketSize).map(\.id)
    }

    func lookup(_ target: Bytes32, by index: Int, seeds: [Contact]? = nil, count: Int? = nil) -> Lookup {
        Lookup(
            target: target, own: tables[index].own,
            seeds: seeds ?? tables[index].closest(to: target, count: bucketSize),
            count: count ?? bucketSize, now: now)
    }

    /// What becomes of one request, and when.
    private struct Reply {
        let at: Instant
        let contact: Contact
        let sent: Instant
        let kind: Kind
        enum Kind { case answer, delay, failure }
    }

    mutating func run(_ lookup: consuming Lookup, by index: Int) -> Outcome {
        var lookup = lookup
        var outcome = Outcome()
        var replies: [Reply] = []
        var slow: Set<NodeID> = []
        let started = now
        while true {
            switch lookup.next(now: now) {
            case .ask(let contact):
                outcome.asked.append(contact.id)
                send(to: contact, by: index, &replies)
                let waiting = Set(replies.filter { $0.kind != .delay }.map(\.contact.id)).subtracting(slow)
                outcome.mostUnderWay = max(outcome.mostUnderWay, waiting.count)
            case .wait:
                // Those that were reported as slow may answer, but a lookup that waits for nothing would wait for ever.
                precondition(!replies.isEmpty, "the lookup waits for nothing")
                let next = replies.indices.min { (replies[$0].at, $0) < (replies[$1].at, $1) }!
                if let delay = lookup.nextDelay, delay < replies[next].at {
                    now = max(now, delay)
                    continue
                }
                let reply = replies.remove(at: next)
                now = max(now, reply.at)
                switch reply.kind {
                case .delay:
                    slow.insert(reply.contact.id)
                    lookup.observeDelay(of: reply.contact.id)
                case .failure:
                    lookup.observeFailure(of: reply.contact.id)
                    tables[index].observeFailure(of: reply.contact.id, now: now)
                case .answer:
                    if slow.contains(reply.contact.id) { outcome.lateAnswers += 1 }
                    answer(reply, to: index, &lookup)
                }
            case .finished:
                outcome.closest = lookup.closest.map(\.contact.id)
                outcome.rounds = lookup.rounds
                outcome.elapsed = now - started
                precondition(lookup.requests == outcome.asked.count)
                return outcome
            }
        }
    }

    private mutating func send(to contact: Contact, by index: Int, _ replies: inout [Reply]) {
        let late = now + tables[index].timeout(for: contact.id)
        guard let other = indices[contact.id], behaviours[other] != .dead else {
            replies.append(Reply(at: late, contact: contact, sent: now, kind: .delay))
            replies.append(Reply(at: late + .seconds(3), contact: contact, sent: now, kind: .failure))
            return
        }
        // One in thirty takes seconds.
        let isSlow = generator.next() % 30 == 0
        let roundTrip = Duration.milliseconds(Int64(generator.next() % 180 + 20 + (isSlow ? 1_500 : 0)))
        if now + roundTrip > late { replies.append(Reply(at: late, contact: contact, sent: now, kind: .delay)) }
        replies.append(Reply(at: now + roundTrip, contact: contact, sent: now, kind: .answer))
    }

    private mutating func answer(_ reply: Reply, to index: Int, _ lookup: inout Lookup) {
        guard let other = indices[reply.contact.id] else { return }
        let asker = tables[index].own
        tables[index].observe(reply.contact, roundTrip: now - reply.sent, now: now)
        tables[other].observe(Contact(asker), roundTrip: nil, now: now)
        var contacts = tables[other].closest(
            to: lookup.target, count: min(bucketSize, Limits.contactsPerAnswer), excluding: asker, onlyAlive: true)
        if behaviours[other] == .liar {
            contacts = (0..<Limits.contactsPerAnswer).map { _ in
                Contact(NodeID(lookup.target).neighbour(sharing: 40, &generator))
            }
            contacts.append(Contact(asker))
        }
        lookup.observeResponse(from: reply.contact.id, contacts: contacts, roundTrip: now - reply.sent, now: now)
    }
}
