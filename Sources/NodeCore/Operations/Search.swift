import Basics
import Exchange
import Kademlia
import Wire

/// The search for the nodes closest to a point, with which most operations begin: a `Lookup` and its requests.
///
/// Where a crowd is found around a location, it goes on at other points of the region, one lookup after another: `closest` has
/// the nodes that are closest to each of them.
struct Search {
    private(set) var lookup: Lookup
    /// Whether all of the k closest have answered: until then more may join `closest`.
    private(set) var isFinished = false
    /// Where a crowd would be noticed; nil where none is looked for.
    private var region: Region?
    /// Whether a crowd was found: the k closest may all be false.
    private(set) var isCrowded = false
    /// The region in whose middle a crowd was found; nil where none was.
    var crowdedRegion: Region? { isCrowded ? region : nil }
    /// What the lookups have found that are over, while others follow.
    private var found: [Contact] = []
    private var following: [Lookup] = []
    private var earlierMarks = MarkSet()
    /// Requests of the lookups that are over.
    private var earlierRequests = 0
    private(set) var finishedAt: Instant?
    /// Whether there was something to go on with: from then on only new requests interrupt it.
    private(set) var isUsable = false
    private let families: AddressFamilies
    private var reportedRounds = 0
    /// Which nodes answered, and when.
    private var answers: [(id: NodeID, at: Instant)] = []

    init(
        target: Bytes32, own: NodeID, seeds: [Contact], isSilent: (NodeID) -> Bool, count: Int,
        families: AddressFamilies, now: Now
    ) {
        lookup = Lookup(
            target: target, own: own, seeds: seeds, isSilent: isSilent, count: count, families: families,
            now: now.monotonic)
        self.families = families
    }

    /// The same search, which looks for a crowd in the middle of the region.
    func lookingForCrowd(in region: Region?) -> Search {
        var search = self
        search.region = region
        return search
    }

    /// The next request or wait, or nil while there is no need to wait: the closest nodes have answered, or all but
    /// slow ones. An operation that only brings or fetches goes on with those.
    mutating func next(now: Now) -> OperationStep? {
        switch lookup.next(now: now.monotonic) {
        case .ask(let contact):
            let request = Request.findNode(target: lookup.target, count: named, families: families)
            return .ask(contact, request, .search(contact.id))
        case .wait:
            isUsable = isUsable || lookup.awaitsOnlySlow
            return isUsable ? nil : .wait(until: lookup.nextDelay)
        case .finished:
            if !isCrowded, let region, region.isCrowded(by: lookup.closest.map(\.contact.id)) {
                isCrowded = true
                return .spread(region)
            }
            guard let next = following.popLast() else {
                isFinished = true
                finishedAt = finishedAt ?? now.monotonic
                return nil
            }
            goOn(with: next)
            return self.next(now: now)
        }
    }

    /// Goes on at other points of the region, one after another, each from the contacts closest to it.
    mutating func spread(to points: [(target: Bytes32, seeds: [Contact])], own: NodeID, now: Instant) {
        following = points.reversed().map {
            Lookup(
                target: $0.target, own: own, seeds: $0.seeds, count: lookup.wanted, families: families, now: now)
        }
    }

    private mutating func goOn(with next: Lookup) {
        found = closest
        earlierMarks.formUnion(lookup.marks)
        earlierRequests += lookup.requests
        lookup = next
    }

    /// Marks that its lookups have reached.
    var marks: MarkSet {
        var marks = earlierMarks
        marks.formUnion(lookup.marks)
        return marks
    }
    /// Nodes asked so far.
    var requests: Int { earlierRequests + lookup.requests }
    /// Whether all that is left to wait for are slow nodes.
    var awaitsOnlySlow: Bool { following.isEmpty && lookup.awaitsOnlySlow }

    /// How many contacts each node is asked for: a search for only a few, as in upkeep, asks for a few more than those.
    /// Answers are most of what an idle network sends.
    private var named: Int { min(Limits.contactsPerAnswer, 2 * lookup.wanted + 2) }

    mutating func observe(_ response: Response, body: RawSpan, from context: ResponseContext) {
        guard case .contacts(let list) = response else { return lookup.observeFailure(of: context.sender) }
        var contacts: [Contact] = []
        contacts.reserveCapacity(Limits.contactsPerAnswer)
        var reader = ContactReader(list)
        while let named = reader.next(in: body, knownID: { Search.knownID(of: $0, in: &lookup) }) {
            // A private address means something only within the same private network.
            guard let contact = named.named(in: context.endpoint.scope), contact.endpoint(in: families) != nil else {
                continue
            }
            contacts.append(contact)
        }
        answers.append((context.sender, context.now.monotonic))
        lookup.observeResponse(
            from: context.sender, at: context.endpoint, mode: context.mode, contacts: contacts,
            roundTrip: context.roundTrip, now: context.now.monotonic)
    }

    /// Through `inout`, though nothing is changed: otherwise all of the lookup would be copied for each contact.
    private static func knownID(of key: PublicKey, in lookup: inout Lookup) -> NodeID? { lookup.knownID(of: key) }

    mutating func add(_ seed: Contact) { lookup.add(seed) }

    mutating func observe(_ silence: Silence, of node: NodeID) {
        switch silence {
        case .late: lookup.observeDelay(of: node)
        case .final: lookup.observeFailure(of: node)
        }
    }

    /// The closest nodes that answered: at most k, and where a crowd was found as many for each other point.
    var closest: [Contact] {
        let closest = lookup.closest.map(\.contact)
        guard !found.isEmpty else { return closest }
        return found + closest.filter { contact in !found.contains { $0.id == contact.id } }
    }

    /// How many nodes the closest will be if all answer that still may; contacts that have been silent don't count. Majorities are counted
    /// of these: otherwise the few that answer first would be all there is.
    var expected: Int { isFinished ? closest.count : max(closest.count, lookup.expected) }

    /// Those of the closest that are not among `known` yet.
    func closest(besides known: some Sequence<Contact>) -> [Contact] {
        closest.filter { contact in !known.contains { $0.id == contact.id } }
    }

    /// How far it is, where a round has begun since the last call.
    mutating func reportNewRound(now: Now) -> LookupReport? {
        guard lookup.rounds > reportedRounds else { return nil }
        reportedRounds = lookup.rounds
        return report(now: now)
    }

    func report(now: Now) -> LookupReport {
        LookupReport(
            target: lookup.target,
            closest: lookup.closest.map { entry in
                let answeredAt = answers.first { $0.id == entry.contact.id }?.at ?? now.monotonic
                return LookupReport.Entry(
                    contact: entry.contact, roundTrip: entry.roundTrip, answeredAfter: answeredAt - lookup.started)
            },
            rounds: lookup.rounds, requests: lookup.requests, elapsed: now.monotonic - lookup.started)
    }
}
