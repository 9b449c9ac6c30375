import Basics

/// The iterative lookup of the nodes closest to a point (Kademlia, §2.3), as a machine to be pulled.
///
/// Call `next` until it isn't `.ask`; tell what became of each node that was to be asked, exactly one of
/// `observeResponse` or `observeFailure` in the end; call `next` again. It ends when the k closest that it knows have
/// answered: ending earlier would let a few liars hide the rest. At most α requests are under way while answers bring
/// it closer; once α in a row don't, all of the k closest are asked at once, as waiting for them one by one costs most.
///
/// Equal input gives equal results. No node is asked twice at the same endpoint, and never the node itself. Where answers
/// name a node at different endpoints, the others are tried when the first fails: otherwise the first liar to answer could
/// hide all honest nodes by naming them where they are not.
public struct Lookup: Sendable {
    public let target: Bytes32
    public let started: Instant
    /// One more whenever an answer came from closer than any before.
    public private(set) var rounds = 0
    /// Nodes asked so far.
    public private(set) var requests = 0

    private let own: NodeID
    private let count: Int
    private let parallelism: Int
    private let families: AddressFamilies
    /// By distance, closest first. Those that failed stay, so that they aren't asked again.
    private var candidates: [Candidate] = []
    /// The first words of their distances, which nearly always suffice to find one and lie close together.
    private var distances: [UInt64] = []
    /// Candidates that haven't failed: at most `Limits.lookupCandidates`.
    private var hopeful = 0
    /// Nodes asked that neither answered nor failed nor were reported as slow.
    private var underWay = 0
    /// Answers and failures in a row that brought nothing closer.
    private var fruitless = 0
    private var closestAnswer: Distance?
    private var isFinished = false
    /// Where in `candidates` the closest are that count: at most k.
    private var shortlist: [Int] = []
    /// The address blocks of the shortlist.
    private var blocks: [UInt64] = []

    /// - Parameters:
    ///   - own: left out of all answers.
    ///   - seeds: where to begin, as the closest contacts of a routing table.
    ///   - count: k, how many to find.
    ///   - parallelism: α, how many requests to keep under way.
    ///   - families: contacts without an endpoint in these are left out.
    public init(
        target: Bytes32, own: NodeID, seeds: [Contact], count: Int = Limits.bucketSize,
        parallelism: Int = Limits.parallelism, families: AddressFamilies = .both, now: Instant
    ) {
        precondition(count > 0 && parallelism > 0)
        self.target = target
        self.own = own
        self.count = count
        self.parallelism = parallelism
        self.families = families
        started = now
        candidates.reserveCapacity(2 * count)
        distances.reserveCapacity(2 * count)
        for contact in seeds { insert(contact) }
        judge()
    }

    // MARK: Pull

    /// What to do next.
    public enum Step: Equatable, Sendable {
        /// Ask this contact for the nodes closest to the target, then call `next` again.
        case ask(Contact)
        /// Nothing until something is observed.
        case wait
        /// All of `closest` have answered. Final: nothing observed later changes anything.
        case finished
    }

    /// What to do next. Call it again after `.ask`, and after everything observed.
    public mutating func next(now: Instant) -> Step {
        guard !isFinished else { return .finished }
        var isWaiting = false
        var unasked: Int?
        for index in shortlist {
            switch candidates[index].state {
            case .known: unasked = unasked ?? index
            case .asked, .slow: isWaiting = true
            case .answered, .failed: break
            }
        }
        if let unasked, requests < Limits.lookupRequests {
            guard underWay < (fruitless < parallelism ? parallelism : max(parallelism, count)) else { return .wait }
            candidates[unasked].state = .asked
            underWay += 1
            requests += 1
            return .ask(candidates[unasked].contact)
        }
        guard !isWaiting else { return .wait }
        isFinished = true
        return .finished
    }

    // MARK: Observe

    /// A node that was asked has answered with contacts, which may be none. A late answer counts as well, even after a
    /// failure, until the lookup has finished.
    ///
    /// - Parameter mode: A client is believed in whom it names, but isn't one of those looked for: others don't reach it.
    public mutating func observeResponse(
        from id: NodeID, mode: NodeMode = .server, contacts: [Contact], roundTrip: Duration, now: Instant
    ) {
        guard !isFinished, let index = place(of: id).known else { return }
        switch candidates[index].state {
        case .known, .answered: return
        case .asked: underWay -= 1
        case .slow: break
        case .failed: hopeful += 1
        }
        switch mode {
        case .server: noteAnswer(of: index, roundTrip: roundTrip)
        case .client:
            candidates[index].retire()
            hopeful -= 1
        }
        judge()
        let best = shortlist.first.map { candidates[$0].id }
        for contact in Lookup.areDistinct(contacts) ? contacts : credible(contacts) { insert(contact) }
        judge()
        fruitless = shortlist.first.map { candidates[$0].id } == best ? fruitless + 1 : 0
    }

    private mutating func noteAnswer(of index: Int, roundTrip: Duration) {
        candidates[index].state = .answered
        candidates[index].roundTrip = roundTrip
        let distance = candidates[index].id.distance(to: target)
        if closestAnswer.map({ distance < $0 }) ?? true {
            closestAnswer = distance
            rounds += 1
        }
    }

    /// Whether an answer names no node twice and more of no address block than may be, as nearly all answers: then `credible`
    /// leaves out none. Looks at words instead of contacts.
    private static func areDistinct(_ contacts: [Contact]) -> Bool {
        guard contacts.count <= Limits.contactsPerAnswer else { return false }
        let none = UInt64.max
        return withUnsafeTemporaryAllocation(
            of: (id: UInt64, ipv4: UInt64, ipv6: UInt64).self, capacity: contacts.count
        ) {
            for (index, contact) in contacts.enumerated() {
                let head = contact.id.bytes.words.0
                let ipv4 = contact.ipv4.map { $0.isLocal ? none : $0.block } ?? none
                let ipv6 = contact.ipv6?.block ?? none
                var (first, second) = (0, 0)
                for other in $0[..<index] {
                    if other.id == head { return false }
                    if other.ipv4 == ipv4, ipv4 != none { first += 1 }
                    if other.ipv6 == ipv6, ipv6 != none { second += 1 }
                }
                guard max(first, second) < Limits.contactsPerBlock else { return false }
                $0[index] = (head, ipv4, ipv6)
            }
            return true
        }
    }

    /// What one answer may name: each node once, and of each address block only the closest, or a single liar could put many
    /// false names before an honest node of their block.
    private func credible(_ contacts: [Contact]) -> [Contact] {
        var named: [Contact] = []
        named.reserveCapacity(Limits.contactsPerAnswer)
        for contact in contacts.prefix(Limits.contactsPerAnswer) where !named.contains(where: { $0.id == contact.id }) {
            named.append(contact)
        }
        return named.filter { contact in
            let (distance, blocks) = (contact.id.distance(to: target), contact.blocks)
            guard !blocks.isEmpty else { return true }
            let closer = named.count { other in
                let isOfBlock =
                    blocks.ipv4 != nil && blocks.ipv4 == other.ipv4?.block
                    || blocks.ipv6 != nil && blocks.ipv6 == other.ipv6?.block
                return isOfBlock && other.id.distance(to: target) < distance
            }
            return closer < Limits.contactsPerBlock
        }
    }

    /// A node that was asked takes longer than it should: another may be asked meanwhile. Its answer still counts.
    public mutating func observeDelay(of id: NodeID) {
        guard let index = place(of: id).known, candidates[index].state == .asked else { return }
        candidates[index].state = .slow
        underWay -= 1
    }

    /// A node that was asked will not answer: not where it was asked.
    public mutating func observeFailure(of id: NodeID) {
        guard !isFinished, let index = place(of: id).known else { return }
        switch candidates[index].state {
        case .known, .answered, .failed: return
        case .asked: underWay -= 1
        case .slow: break
        }
        fruitless += 1
        candidates[index].fail()
        if candidates[index].state == .failed { hopeful -= 1 }
        judge()
    }

    // MARK: Result

    /// k, how many were to be found.
    public var wanted: Int { count }

    /// Those that have answered so far, closest first, at most k.
    public var closest: [LookupEntry] {
        closestAnswered().map { LookupEntry(contact: candidates[$0].contact, roundTrip: candidates[$0].roundTrip) }
    }

    /// As `judge`, among those that have answered: while others are asked, those behind them are found already.
    private func closestAnswered() -> [Int] {
        var blocks: [UInt64] = []
        var found: [Int] = []
        for index in candidates.indices where candidates[index].state == .answered && found.count < count {
            if let block = candidates[index].block {
                guard blocks.count(where: { $0 == block }) < Limits.contactsPerBlock else { continue }
                blocks.append(block)
            }
            found.append(index)
        }
        return found
    }

    /// Whether all of the k closest known have answered but for some that are slow. Who stores or fetches may begin with
    /// those that answered, and take in the others when they do: the dead are not worth waiting for.
    public var awaitsOnlySlow: Bool {
        var answered = 0
        for index in shortlist {
            switch candidates[index].state {
            case .answered: answered += 1
            case .slow: break
            case .known, .asked, .failed: return false
            }
        }
        return answered > 0
    }

    // MARK: Candidates

    /// Where a node is in `candidates`, and where it would have to be inserted.
    private func place(of id: NodeID) -> (known: Int?, gap: Int) {
        let distance = id.distance(to: target)
        let head = distance.value.words.0
        var low = 0
        var high = distances.count
        while low < high {
            let middle = (low + high) / 2
            let isCloser =
                distances[middle] == head
                ? candidates[middle].id.distance(to: target) < distance : distances[middle] < head
            if isCloser { low = middle + 1 } else { high = middle }
        }
        return (low < candidates.count && distances[low] == head && candidates[low].id == id ? low : nil, low)
    }

    private mutating func insert(_ contact: Contact) {
        guard contact.id != own, let newcomer = Candidate(contact, families: families) else { return }
        let (known, gap) = place(of: contact.id)
        if let known { return addAlternative(contact, to: known) }
        guard makeRoom(for: newcomer, at: gap) else { return }
        candidates.insert(newcomer, at: gap)
        distances.insert(contact.id.distance(to: target).value.words.0, at: gap)
        hopeful += 1
    }

    /// Makes room for a newcomer, in all and of its address block, by dropping a farther one that wasn't asked yet: those
    /// asked stay, so that none is asked twice.
    private mutating func makeRoom(for newcomer: Candidate, at gap: Int) -> Bool {
        if hopeful >= Limits.lookupCandidates, farthestUnasked(from: gap) == nil { return false }
        if let block = newcomer.block,
            candidates.count(where: { $0.block == block && $0.state != .failed }) >= Limits.lookupCandidatesPerBlock
        {
            return drop(farthestUnasked(from: gap, of: block))
        }
        return hopeful < Limits.lookupCandidates || drop(farthestUnasked(from: gap))
    }

    /// The farthest candidate, of one block or of all, that was never asked, unless it lies before `gap`.
    private func farthestUnasked(from gap: Int, of block: UInt64? = nil) -> Int? {
        candidates[gap...].lastIndex { $0.requests == 0 && (block == nil || $0.block == block) }
    }

    private mutating func drop(_ index: Int?) -> Bool {
        guard let index else { return false }
        candidates.remove(at: index)
        distances.remove(at: index)
        hopeful -= 1
        return true
    }

    /// Takes note that an answer names a candidate elsewhere. One that has failed gets another chance there.
    private mutating func addAlternative(_ contact: Contact, to index: Int) {
        guard candidates[index].state != .answered, candidates[index].add(contact, families: families),
            hopeful < Limits.lookupCandidates, candidates[index].revive()
        else { return }
        hopeful += 1
    }

    // MARK: Shortlist

    /// Finds anew the k closest that haven't failed, of each address block only the closest. Those beyond wait: the closer
    /// ones may be false names, and then they count again.
    ///
    /// By distance and not by who was named first, so that all who look for a point find the same.
    private mutating func judge() {
        shortlist.removeAll(keepingCapacity: true)
        blocks.removeAll(keepingCapacity: true)
        for index in candidates.indices where candidates[index].state != .failed {
            let counts = candidates[index].avoid { block in
                blocks.count { $0 == block } >= Limits.contactsPerBlock
            }
            guard counts else { continue }
            shortlist.append(index)
            if let block = candidates[index].block { blocks.append(block) }
            if shortlist.count == count { return }
        }
    }
}

/// A node that answered a lookup.
public struct LookupEntry: Hashable, Sendable {
    public let contact: Contact
    public let roundTrip: Duration
}

extension Lookup {
    /// How many candidates are held, those that failed included.
    package var candidateCount: Int { candidates.count }

    /// Traps unless everything holds that the rest of the lookup's code relies on. For tests.
    package func checkInvariants() {
        precondition(hopeful == candidates.count { $0.state != .failed })
        precondition(underWay == candidates.count { $0.state == .asked })
        precondition(requests == candidates.reduce(0) { $0 + $1.requests })
        precondition(requests <= Limits.lookupRequests && hopeful <= Limits.lookupCandidates + requests)
        for (closer, farther) in zip(candidates, candidates.dropFirst()) {
            precondition(closer.id.distance(to: target) < farther.id.distance(to: target))
        }
        precondition(distances == candidates.map { $0.id.distance(to: target).value.words.0 })
        precondition(!candidates.contains { $0.id == own })
        for index in shortlist {
            precondition(candidates[index].state != .failed)
            guard let block = candidates[index].block else { continue }
            let sharing = shortlist.count { candidates[$0].block == block }
            precondition(sharing <= Limits.contactsPerBlock, "few of a block count")
        }
    }
}
