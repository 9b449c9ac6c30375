import Basics
import Kademlia
import Testing

/// A lookup among nodes that answer anything, in any order, late, twice or never.
struct LookupPropertyTests {
    /// Eight of one address block had been asked, most of them farther than the node named next. That one found no room
    /// in the block, and was passed over.
    @Test func nodesAskedOnTheWayShutNobodyOut() { endsWithTheClosestThatAnswered(seed: 2_751_507_315_280_262_694) }

    @Test(arguments: seeds(60))
    func endsWithTheClosestThatAnswered(seed: UInt64) {
        var world = World(seed: seed)
        while world.step() {}
        let offered = world.offered.values.filter { $0.endpoint(in: .both) != nil && $0.id != world.own }
        let answered = offered.filter { world.answered.contains($0.id) }.sorted(towards: world.target)
        let expected = world.fewOfABlock(answered)
        #expect(world.lookup.closest.map(\.contact.id) == expected.prefix(world.count).map(\.id), "seed \(seed)")
        // Nobody it knew of was passed over: all that are closer than the last of the result, or all if it is short,
        // answered or failed. Only of a crowded block others may have been forgotten.
        let last = world.lookup.closest.count == world.count ? world.lookup.closest.last?.contact.id : nil
        for contact in world.fewOfABlock(offered.filter { !world.failed.contains($0.id) }.sorted(towards: world.target))
        where last.map({ contact.id.distance(to: world.target) < $0.distance(to: world.target) }) ?? true {
            #expect(
                world.answered.contains(contact.id) || world.forgettable.contains(contact.id),
                "seed \(seed): \(contact) was passed over")
        }
    }

    @Test(arguments: seeds(5))
    func equalInputGivesEqualSteps(seed: UInt64) {
        func asked() -> [NodeID] {
            var world = World(seed: seed)
            while world.step() {}
            return world.asked
        }
        #expect(asked() == asked(), "seed \(seed)")
    }

    /// Everybody there is, fewer than a lookup can remember: only of a crowded address block it may forget some.
    private struct World {
        let own: NodeID
        let target: Bytes32
        let count: Int
        let parallelism: Int
        let pool: [Contact]
        var lookup: Lookup
        var generator: SeededGenerator
        var offered: [NodeID: Contact] = [:]
        var asked: [NodeID] = []
        var unanswered: [NodeID] = []
        var answered: Set<NodeID> = []
        var failed: Set<NodeID> = []
        /// Those that the lookup may have forgotten since they were named last.
        var forgettable: Set<NodeID> = []
        var steps = 0

        init(seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            let own = NodeID(generator.bytes32())
            let target = generator.next() % 4 == 0 ? own.bytes : generator.bytes32()
            // In a quarter of the worlds all share one address block, in another quarter up to as many as a lookup
            // remembers at least.
            let isInBlocks = generator.next() % 2 == 1
            let draw = isInBlocks ? UInt32(generator.next() % 60) : 0
            let blocks = draw < 30 ? 1 : draw - 30 + 13
            var pool = (0..<Int(generator.next() % 100 + 1)).map { index in
                let id = NodeID(target).neighbour(sharing: index % 12, &generator)
                guard isInBlocks else { return Contact(id) }
                let endpoint = Endpoint(ipv4: 0x0800_0001 | (UInt32(index) % blocks) << 8, port: UInt16(index + 1))
                return Contact(id: id, key: PublicKey(id.bytes), endpoint: endpoint)
            }
            pool += [Contact(own), Contact(id: NodeID(generator.bytes32()), key: PublicKey(.zero)), pool[0]]
            self.own = own
            self.target = target
            self.pool = pool
            count = Int(generator.next() % 24 + 1)
            parallelism = Int(generator.next() % 6 + 1)
            let seeds = Array(pool.prefix(Int(generator.next() % 20)))
            lookup = Lookup(
                target: target, own: own, seeds: seeds, count: count, parallelism: parallelism, now: .origin)
            self.generator = generator
            for contact in seeds { offered[contact.id] = contact }
            noteForgettable()
        }

        /// The slow and obvious way: one after the other, unless two of its block have come before.
        func fewOfABlock(_ sorted: [Contact]) -> [Contact] {
            var few: [Contact] = []
            for contact in sorted where !contact.blocks.isFull(2, of: few.map(\.blocks)) { few.append(contact) }
            return few
        }

        /// Of each block, one answer may name the two closest.
        private mutating func offer(_ contacts: [Contact]) {
            for contact in fewOfABlock(Array(Set(contacts)).sorted(towards: target)) {
                if offered[contact.id] == nil { offered[contact.id] = contact }
                forgettable.remove(contact.id)
            }
            noteForgettable()
        }

        /// The lookup may forget a node where it has heard of eight of its block that are closer and haven't failed, or
        /// has asked as many of the block as it may.
        private mutating func noteForgettable() {
            for contact in offered.values where !contact.blocks.isEmpty && !asked.contains(contact.id) {
                let distance = contact.id.distance(to: target)
                let rivals = offered.values.filter { $0.blocks == contact.blocks && !failed.contains($0.id) }
                if rivals.count(where: { $0.id.distance(to: target) < distance }) >= Limits.lookupCandidatesPerBlock
                    || rivals.count(where: { asked.contains($0.id) }) >= Limits.lookupRequestsPerBlock
                {
                    forgettable.insert(contact.id)
                }
            }
        }

        /// Pulls once and lets something happen. Returns false when the lookup has finished.
        mutating func step() -> Bool {
            steps += 1
            precondition(steps < 10_000, "the lookup doesn't end")
            switch lookup.next(now: .origin) {
            case .finished: return false
            case .ask(let contact):
                precondition(contact.id != own && contact.endpoint(in: .both) != nil)
                precondition(!asked.contains(contact.id), "asked twice")
                precondition(offered[contact.id] == contact)
                asked.append(contact.id)
                unanswered.append(contact.id)
                if generator.next() % 3 == 0 { observe() }
            case .wait:
                precondition(!unanswered.isEmpty, "the lookup waits for nothing")
                observe()
            }
            lookup.checkInvariants()
            return true
        }

        private mutating func observe() {
            let place = Int(generator.next() % UInt64(unanswered.count))
            let id = unanswered[place]
            switch generator.next() % 10 {
            case 0: lookup.observeDelay(of: id)
            case 1, 2:
                lookup.observeFailure(of: id)
                failed.insert(id)
                unanswered.remove(at: place)
            case 3: lookup.observeFailure(of: pool[place % pool.count].id == id ? own : NodeID(generator.bytes32()))
            case 4:
                // Once more, or long after its failure.
                respond(asked[Int(generator.next() % UInt64(asked.count))])
            default:
                respond(id)
            }
        }

        private mutating func respond(_ id: NodeID) {
            var contacts: [Contact] = []
            for _ in 0..<(generator.next() % 18) { contacts.append(pool[Int(generator.next() % UInt64(pool.count))]) }
            lookup.observeResponse(from: id, contacts: contacts, roundTrip: .milliseconds(1), now: .origin)
            failed.remove(id)
            if answered.insert(id).inserted { offer(contacts) }
            unanswered.removeAll { $0 == id }
        }
    }
}
