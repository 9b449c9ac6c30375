import Basics

/// The iterative lookup of the nodes closest to a point (Kademlia, §2.3), as a state machine without I/O.
///
/// Call `next` until it isn't `.ask`. For each node that was to be asked, report the outcome, in the end with exactly
/// one of `observeResponse` or `observeFailure`; then call `next` again, and at `nextDelay` if nothing comes before. The lookup ends when the k closest nodes that
/// it knows have answered: ending earlier would let a few liars hide the rest. At most α requests are under way while
/// answers bring it closer. Once α in a row don't, all of the k closest are asked at once, as waiting for them one by
/// one costs most. For each of these that is slow, the next candidate behind them is asked as well; contacts of the own table that have
/// been silent count as slow from the beginning, unless others name them. Candidates named only by doubted nodes (`Namers`) come last. The
/// lookup ends no earlier for that, but has a usable result sooner.
///
/// Equal input gives equal results. No node is asked twice at the same endpoint, and never the node itself. If answers
/// name a node at different endpoints, the others are tried when the first fails. Otherwise the first liar to answer
/// could hide all honest nodes by naming them at false endpoints.
public struct Lookup: Sendable {
    public let target: Bytes32
    public let started: Instant
    /// One more whenever an answer came from a node closer than any before.
    public private(set) var rounds = 0
    /// Nodes asked so far.
    public private(set) var requests = 0
    /// Marks reached since it began.
    public internal(set) var marks = MarkSet()

    private let own: NodeID
    private let count: Int
    private let parallelism: Int
    private let families: AddressFamilies
    var candidates: CandidateList
    /// Candidates that haven't failed: at most `Limits.lookupCandidates`.
    var unfailed = 0
    /// Nodes asked that neither answered nor failed nor are slow.
    private var underWay = 0
    /// Answers, failures and delays in a row without a closer answer.
    private var withoutProgress = 0
    private var closestAnswer: Distance?
    private var isFinished = false
    /// The places in `candidates` of the closest that count: at most k.
    private var shortlist: [Int] = []
    /// The same without candidates that are slow or doubtful: these are asked first. Empty while none is slow or
    /// doubtful.
    private var preferred: [Int] = []
    var namers = Namers()
    private var slow = 0
    /// The address blocks of the shortlist.
    private var blocks: [UInt64] = []

    /// - Parameters:
    ///   - own: left out of all answers.
    ///   - seeds: where to begin, as the closest contacts of a routing table.
    ///   - isSilent: whether a seed didn't answer lately. It makes no difference where that is so of all of them.
    ///   - count: k, how many to find.
    ///   - parallelism: α, how many requests to keep under way.
    ///   - families: contacts without an endpoint in these are left out.
    public init(
        target: Bytes32, own: NodeID, seeds: [Contact], isSilent: (NodeID) -> Bool = { _ in false },
        count: Int = Limits.bucketSize,
        parallelism: Int = Limits.parallelism, families: AddressFamilies = .both, now: Instant
    ) {
        precondition(count > 0 && parallelism > 0)
        self.target = target
        self.own = own
        self.count = count
        self.parallelism = parallelism
        self.families = families
        started = now
        candidates = CandidateList(target: target, capacity: 2 * count)
        let silent = seeds.map { isSilent($0.id) }
        let isAnyAlive = silent.contains(false)
        for (contact, isSilent) in zip(seeds, silent) {
            insert(contact, namedBy: isAnyAlive && isSilent ? Namers.ownOfSilent : Namers.own)
        }
        updateShortlist()
    }

    /// Adds a contact met since the start as a starting point.
    public mutating func add(_ seed: Contact) {
        guard !isFinished else { return }
        insert(seed, namedBy: Namers.own)
        updateShortlist()
    }

    // MARK: Pull

    /// What to do next. Call it again after `.ask`, and after every report.
    public mutating func next(now: Instant) -> Step {
        guard !isFinished else { return .finished }
        observeDelays(now: now)
        var isWaiting = false
        var unasked: Int?
        for index in shortlist {
            switch candidates[index].state {
            case .known: unasked = unasked ?? index
            case .asked, .slow: isWaiting = true
            case .answered, .failed: break
            }
        }
        guard unasked != nil || isWaiting else { return finish() }
        if isTroubled {
            if let first = preferred.first(where: { candidates[$0].state == .known }) {
                if first != unasked { marks.insert(.lookupPassesOverDoubtful) }
                unasked = first
            } else if preferred.contains(where: { candidates[$0].state == .asked }) {
                return .wait
            }
        }
        if let unasked, requests < Limits.lookupRequests {
            guard underWay < (withoutProgress < parallelism ? parallelism : max(parallelism, count)) else {
                return .wait
            }
            if withoutProgress >= parallelism { marks.insert(.lookupWidens) }
            candidates[unasked].ask(now: now)
            underWay += 1
            requests += 1
            if isNamedAsSilent(candidates[unasked]) {
                marks.insert(.silentNodeAsked)
                becomeSlow(unasked)
                updateShortlist()
            }
            return .ask(candidates[unasked].contact)
        }
        if unasked != nil { marks.insert(.lookupRequestsUsedUp) }
        return isWaiting ? .wait : finish()
    }

    private mutating func finish() -> Step {
        isFinished = true
        if shortlist.count < count { marks.insert(.lookupEndsForWantOfNodes) }
        return .finished
    }

    /// Whether some candidates are slow, or named only by doubted nodes.
    private var isTroubled: Bool { slow > 0 || namers.hasDoubts }

    // MARK: Observe

    /// A node that was asked has answered with contacts, which may be none. A late answer counts as well, even after a
    /// failure, until the lookup has finished.
    ///
    /// - Parameters:
    ///   - endpoint: from where it answered, which is one of those where it was asked.
    ///   - mode: The contacts that a client names are used, but it isn't a result itself: others can't reach it.
    public mutating func observeResponse(
        from id: NodeID, at endpoint: Endpoint? = nil, mode: NodeMode = .server, contacts: [Contact],
        roundTrip: Duration, now: Instant
    ) {
        guard !isFinished, let index = candidates.place(of: id).known else { return }
        switch candidates[index].state {
        case .known, .answered: return
        case .asked: underWay -= 1
        case .slow:
            slow -= 1
            marks.insert(.slowNodeAnswered)
        case .failed:
            unfailed += 1
            marks.insert(.failedNodeAnswered)
        }
        namers.observeFound(by: candidates[index].namers, wasMissed: candidates[index].isMissed)
        candidates[index].isMissed = false
        switch mode {
        case .server: recordAnswer(of: index, from: endpoint, roundTrip: roundTrip)
        case .client:
            marks.insert(.clientAnsweredLookup)
            candidates[index].retire()
            unfailed -= 1
        }
        updateShortlist()
        let best = shortlist.first.map { candidates[$0].id }
        let namer = namers.add()
        let credible = Lookup.credible(contacts, near: target)
        if credible.count < contacts.count { marks.insert(.incredibleContactsLeftOut) }
        for contact in credible { insert(contact, namedBy: namer) }
        updateShortlist()
        withoutProgress = shortlist.first.map { candidates[$0].id } == best ? withoutProgress + 1 : 0
    }

    private mutating func recordAnswer(of index: Int, from endpoint: Endpoint?, roundTrip: Duration) {
        candidates[index].answer(from: endpoint)
        candidates[index].roundTrip = roundTrip
        let distance = candidates[index].id.distance(to: target)
        if closestAnswer.map({ distance < $0 }) ?? true {
            closestAnswer = distance
            rounds += 1
        }
    }

    /// A node that was asked is slow: another may be asked meanwhile. Its answer still counts.
    public mutating func observeDelay(of id: NodeID) {
        guard !isFinished, let index = candidates.place(of: id).known else { return }
        switch candidates[index].state {
        case .asked:
            becomeSlow(index)
            withoutProgress += 1
        case .slow: break
        case .known, .answered, .failed: return
        }
        recordMiss(of: index)
        updateShortlist()
    }

    /// Those of the k closest that take long beside the others are slow from now on. That is no reason to doubt who named them.
    private mutating func observeDelays(now: Instant) {
        guard let patience else { return }
        let late = shortlist.filter { candidates[$0].state == .asked && candidates[$0].askedAt + patience <= now }
        guard !late.isEmpty else { return }
        for index in late { becomeSlow(index) }
        withoutProgress += late.count
        marks.insert(.slowBesideOthers)
        updateShortlist()
    }

    private mutating func becomeSlow(_ index: Int) {
        candidates[index].state = .slow
        underWay -= 1
        slow += 1
    }

    /// How long any of the k closest may take: twice the round trip within which half of those that are expected have answered, and some
    /// milliseconds at least; nil before these have.
    private var patience: Duration? {
        guard underWay > 0 else { return nil }
        let (answered, expected) = (shortlist.filter { candidates[$0].state == .answered }, expected)
        guard 2 * answered.count > expected else { return nil }
        let roundTrip = answered.map { candidates[$0].roundTrip }.sorted()[expected / 2]
        return max(roundTrip * 2, Limits.lookupPatience)
    }

    /// When `next` is to be called again if nothing comes before: then the next of the closest becomes slow.
    public var nextDelay: Instant? {
        guard !isFinished, let patience else { return nil }
        return shortlist.lazy.filter { candidates[$0].state == .asked }.map { candidates[$0].askedAt + patience }.min()
    }

    private mutating func recordMiss(of index: Int) {
        guard !candidates[index].isMissed else { return }
        candidates[index].isMissed = true
        namers.observeMiss(by: candidates[index].namers)
    }

    /// A node that was asked will not answer at the endpoint, or at the endpoints of both families, where it was asked.
    public mutating func observeFailure(of id: NodeID) {
        guard !isFinished, let index = candidates.place(of: id).known else { return }
        switch candidates[index].state {
        case .known, .answered, .failed: return
        case .asked: underWay -= 1
        case .slow: slow -= 1
        }
        withoutProgress += 1
        recordMiss(of: index)
        candidates[index].fail()
        if candidates[index].state == .failed { unfailed -= 1 } else { marks.insert(.candidateHasOtherEndpoint) }
        updateShortlist()
    }

    // MARK: Result

    /// k, the number of nodes to find.
    public var wanted: Int { count }

    /// How many of the closest it hopes to find: those that have answered, and those that still may. Not those that have been silent, unless
    /// somebody else names them.
    public var expected: Int {
        shortlist.count { candidates[$0].state == .answered || !isNamedAsSilent(candidates[$0]) }
    }

    /// Whether only the own table names it, and as silent.
    private func isNamedAsSilent(_ candidate: Candidate) -> Bool { candidate.namers == Namers.ownOfSilent }

    /// The nodes that have answered so far, closest first, at most k.
    public var closest: [LookupEntry] {
        closestAnswered().map { LookupEntry(contact: candidates[$0].contact, roundTrip: candidates[$0].roundTrip) }
    }

    /// As `updateShortlist`, but only among nodes that have answered: while closer ones are still asked, those behind them count
    /// already.
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

    /// Whether all of the k closest have answered except slow or doubtful ones; or most of those that are expected have, and the
    /// others are slow. A deposit or fetch may then begin with those that answered and add the others when they do,
    /// instead of waiting for nodes that may be dead.
    public var awaitsOnlySlow: Bool {
        if isTroubled, !preferred.isEmpty, preferred.allSatisfy({ candidates[$0].state == .answered }) { return true }
        var answered = 0
        for index in shortlist {
            switch candidates[index].state {
            case .answered: answered += 1
            case .slow: break
            case .known, .asked, .failed: return false
            }
        }
        return 2 * answered > expected
    }

    // MARK: Candidates

    /// The ID of a candidate's key, which needn't be hashed again; nil for keys of other nodes.
    public func knownID(of key: PublicKey) -> NodeID? { candidates.id(of: key) }

    private mutating func insert(_ contact: Contact, namedBy namer: UInt128) {
        guard contact.id != own, let newcomer = Candidate(contact, namedBy: namer, families: families) else { return }
        let (known, gap) = candidates.place(of: contact.id)
        if let known {
            recordNamer(namer, of: known)
            return addAlternative(contact, to: known)
        }
        guard makeRoom(for: newcomer, at: gap) else { return }
        candidates.insert(newcomer, at: gap)
        unfailed += 1
    }

    /// Adds a later namer to a candidate; the candidate's outcome so far counts for that namer as well.
    private mutating func recordNamer(_ namer: UInt128, of index: Int) {
        guard candidates[index].namers & namer == 0 else { return }
        candidates[index].namers |= namer
        if candidates[index].isMissed {
            namers.observeMiss(by: namer)
        } else if candidates[index].state == .answered {
            namers.observeFound(by: namer, wasMissed: false)
        }
    }

    /// An answer names a candidate at another endpoint. If the candidate has failed, it gets another chance there.
    private mutating func addAlternative(_ contact: Contact, to index: Int) {
        guard candidates[index].state != .answered, candidates[index].add(contact, families: families),
            unfailed < Limits.lookupCandidates, candidates[index].revive()
        else { return }
        unfailed += 1
        marks.insert(.failedCandidateRevived)
    }

    // MARK: Shortlist

    /// Recomputes the shortlist: the k closest that haven't failed, of each address block only the closest few. The
    /// others of a block wait: they count again if the closer ones turn out to be false.
    ///
    /// The order is by distance and not by arrival, so that all lookups of one point find the same nodes.
    private mutating func updateShortlist() {
        // Moved out of the state, so that they can be filled while the candidates change.
        var (list, first) = ([Int](), [Int]())
        swap(&list, &shortlist)
        swap(&first, &preferred)
        choose(&list, isFirst: false)
        if isTroubled { choose(&first, isFirst: true) } else { first.removeAll(keepingCapacity: true) }
        swap(&list, &shortlist)
        swap(&first, &preferred)
    }

    private mutating func choose(_ list: inout [Int], isFirst: Bool) {
        list.removeAll(keepingCapacity: true)
        blocks.removeAll(keepingCapacity: true)
        for index in candidates.indices where candidates[index].state != .failed {
            if isFirst, isLeftForLater(candidates[index]) { continue }
            let counts = candidates[index].avoid { block in
                blocks.count { $0 == block } >= Limits.contactsPerBlock
            }
            guard counts else { continue }
            list.append(index)
            if let block = candidates[index].block { blocks.append(block) }
            if list.count == count { return }
        }
    }

    private func isLeftForLater(_ candidate: Candidate) -> Bool {
        candidate.state == .slow || (candidate.state != .answered && namers.doubt(candidate.namers))
    }
}

extension Lookup {
    /// How many candidates are held, those that failed included.
    package var candidateCount: Int { candidates.count }

    /// Traps where an invariant doesn't hold. For tests.
    package func checkInvariants() {
        precondition(unfailed == candidates.count { $0.state != .failed })
        precondition(underWay == candidates.count { $0.state == .asked })
        precondition(slow == candidates.count { $0.state == .slow })
        precondition(requests == candidates.reduce(0) { $0 + $1.requests })
        precondition(requests <= Limits.lookupRequests && unfailed <= Limits.lookupCandidates + requests)
        candidates.checkInvariants()
        precondition(!candidates.contains { $0.id == own })
        for index in shortlist {
            precondition(candidates[index].state != .failed)
            guard let block = candidates[index].block else { continue }
            let sharing = shortlist.count { candidates[$0].block == block }
            precondition(sharing <= Limits.contactsPerBlock, "few of a block count")
        }
    }
}
