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
    /// Candidates that haven't failed: at most `Limits.lookupCandidates`.
    private var hopeful = 0
    /// Nodes asked that neither answered nor failed nor were reported as slow.
    private var underWay = 0
    /// Answers and failures in a row that brought nothing closer.
    private var fruitless = 0
    private var closestAnswer: Distance?
    private var isFinished = false

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
        for contact in seeds { insert(contact) }
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
        var seen = 0
        for index in candidates.indices where candidates[index].counts {
            switch candidates[index].state {
            case .known: unasked = unasked ?? index
            case .asked, .slow: isWaiting = true
            case .answered, .failed: break
            }
            seen += 1
            if seen == count { break }
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
    public mutating func observeResponse(from id: NodeID, contacts: [Contact], roundTrip: Duration, now: Instant) {
        guard !isFinished, let index = place(of: id).known else { return }
        switch candidates[index].state {
        case .known, .answered: return
        case .asked: underWay -= 1
        case .slow: break
        case .failed: hopeful += 1
        }
        candidates[index].state = .answered
        judgeBlocks(of: candidates[index].contact)
        candidates[index].roundTrip = roundTrip
        let distance = id.distance(to: target)
        if closestAnswer.map({ distance < $0 }) ?? true {
            closestAnswer = distance
            rounds += 1
        }
        let best = candidates[0].contact.id
        let named = contacts.prefix(Limits.bucketSize)
        for (index, contact) in named.enumerated() where !named[..<index].contains(where: { $0.id == contact.id }) {
            insert(contact)
        }
        fruitless = candidates[0].contact.id == best ? fruitless + 1 : 0
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
        let failed = candidates[index].contact
        candidates[index].state = candidates[index].takeAlternative() ? .known : .failed
        if candidates[index].state == .failed { hopeful -= 1 }
        judgeBlocks(of: failed)
        judgeBlocks(of: candidates[index].contact)
    }

    // MARK: Result

    /// k, how many were to be found.
    public var wanted: Int { count }

    /// Those that have answered so far, closest first, at most k.
    public var closest: [LookupEntry] {
        var entries: [LookupEntry] = []
        for candidate in candidates where candidate.state == .answered && candidate.counts {
            entries.append(LookupEntry(contact: candidate.contact, roundTrip: candidate.roundTrip))
            if entries.count == count { break }
        }
        return entries
    }

    /// Whether all of the k closest known have answered but for some that are slow. Who stores or fetches may begin with
    /// those that answered, and take in the others when they do: the dead are not worth waiting for.
    public var awaitsOnlySlow: Bool {
        var answered = 0
        var slow = 0
        for candidate in candidates where candidate.counts {
            switch candidate.state {
            case .answered: answered += 1
            case .slow: slow += 1
            case .known, .asked, .failed: return false
            }
            if answered + slow == count { break }
        }
        return answered > 0
    }

    // MARK: Candidates

    private enum State: UInt8 {
        case known
        case asked
        /// Asked, and reported as slow.
        case slow
        case answered
        case failed
    }

    private struct Candidate {
        var contact: Contact
        var state = State.known
        /// Whether `Limits.contactsPerBlock` closer ones of its address block haven't failed.
        var isCrowded = false
        var roundTrip = Duration.zero
        /// What else was named for this node. The first `taken` of it have become `contact` in their turn.
        var alternatives: [Contact] = []
        var taken = 0

        init(_ contact: Contact) { self.contact = contact }

        /// Whether it may be among the closest.
        var counts: Bool { state != .failed && !isCrowded }

        /// Takes note of where else the node is said to be; false where that is nothing new.
        mutating func add(_ other: Contact) -> Bool {
            guard other != contact, alternatives.count < Limits.lookupAlternatives, !alternatives.contains(other) else {
                return false
            }
            alternatives.append(other)
            return true
        }

        /// Goes over to the next alternative; false where there is none.
        mutating func takeAlternative() -> Bool {
            guard taken < alternatives.count else { return false }
            contact = alternatives[taken]
            taken += 1
            return true
        }
    }

    /// Where a node is in `candidates`, and where it would have to be inserted.
    private func place(of id: NodeID) -> (known: Int?, gap: Int) {
        let distance = id.distance(to: target)
        var low = 0
        var high = candidates.count
        while low < high {
            let middle = (low + high) / 2
            if candidates[middle].contact.id.distance(to: target) < distance { low = middle + 1 } else { high = middle }
        }
        return (low < candidates.count && candidates[low].contact.id == id ? low : nil, low)
    }

    private mutating func insert(_ contact: Contact) {
        guard contact.id != own, contact.endpoint(in: families) != nil else { return }
        let (known, gap) = place(of: contact.id)
        if let known { return addAlternative(contact, to: known) }
        if hopeful >= Limits.lookupCandidates {
            // Those asked stay, so that none is asked twice.
            guard let farthest = candidates.lastIndex(where: { $0.state == .known }), gap <= farthest else { return }
            candidates.remove(at: farthest)
            hopeful -= 1
        }
        candidates.insert(Candidate(contact), at: gap)
        hopeful += 1
        judgeBlocks(of: contact)
    }

    /// Decides anew which candidates of a contact's address blocks count: the closest ones, whoever was named first, so
    /// that all who look for a point find the same. Those that don't and weren't asked yet go: they must not take the
    /// places of others.
    private mutating func judgeBlocks(of contact: Contact) {
        let blocks = contact.blocks
        guard !blocks.isEmpty else { return }
        var index = 0
        while index < candidates.count {
            guard candidates[index].state != .failed, candidates[index].contact.blocks.overlaps(blocks) else {
                index += 1
                continue
            }
            candidates[index].isCrowded = isCrowded(index)
            if candidates[index].isCrowded, candidates[index].state == .known, candidates[index].taken == 0 {
                candidates.remove(at: index)
                hopeful -= 1
            } else {
                index += 1
            }
        }
    }

    private func isCrowded(_ index: Int) -> Bool {
        let closer = candidates[..<index].lazy.filter(\.counts).map(\.contact.blocks)
        return candidates[index].contact.blocks.isFull(Limits.contactsPerBlock, of: closer)
    }

    /// Takes note that an answer names a candidate elsewhere. One that has failed gets another chance there.
    private mutating func addAlternative(_ contact: Contact, to index: Int) {
        guard candidates[index].state != .answered, candidates[index].add(contact) else { return }
        guard candidates[index].state == .failed, hopeful < Limits.lookupCandidates,
            candidates[index].takeAlternative()
        else { return }
        candidates[index].state = .known
        hopeful += 1
        judgeBlocks(of: candidates[index].contact)
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
        precondition(requests == candidates.reduce(0) { $0 + $1.taken + ($1.state == .known ? 0 : 1) })
        precondition(requests <= Limits.lookupRequests)
        for index in candidates.indices where candidates[index].state != .failed {
            precondition(candidates[index].isCrowded == isCrowded(index), "the closest of a block count")
        }
        for (closer, farther) in zip(candidates, candidates.dropFirst()) {
            precondition(closer.contact.id.distance(to: target) < farther.contact.id.distance(to: target))
        }
        precondition(!candidates.contains { $0.contact.id == own })
    }
}
