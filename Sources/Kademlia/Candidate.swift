import Basics

/// A node that a lookup has heard of, with the endpoints reported for it.
struct Candidate {
    enum State: UInt8 {
        case known
        case asked
        /// Asked, and reported as slow, or slow beside the others.
        case slow
        case answered
        case failed
    }

    let id: NodeID
    let key: PublicKey
    var state = State.known
    var roundTrip = Duration.zero
    /// The nodes that named it, as bits of `Namers`.
    var namers: UInt128
    /// Whether it was counted as a miss of its namers.
    var isMissed = false
    /// The endpoint at which it is to be asked, was asked, or answered.
    private(set) var endpoint: Endpoint { didSet { block = Candidate.block(of: endpoint) } }
    /// The endpoint's address block, where bounds on blocks apply to it.
    private(set) var block: UInt64?
    /// Its other reported endpoints. It didn't answer at the first `failures` of these.
    private var others: [Endpoint] = []
    private var failures = 0
    /// Whether the next of these was asked as well: its other address family is tried with the first retransmission.
    private var hasCompanion = false

    /// Nil where the contact has no endpoint in these families.
    init?(_ contact: Contact, namedBy namers: UInt128, families: AddressFamilies) {
        guard let first = contact.endpoint(in: families) else { return nil }
        id = contact.id
        key = contact.key
        self.namers = namers
        endpoint = first
        block = Candidate.block(of: first)
        _ = add(contact, families: families)
    }

    /// The candidate with the endpoints at which it is to be asked, was asked, or answered: at most one of each family.
    var contact: Contact {
        var contact = Contact(id: id, key: key, endpoint: endpoint)
        if hasCompanion {
            if endpoint.isIPv4 { contact.ipv6 = others[failures] } else { contact.ipv4 = others[failures] }
        }
        return contact
    }

    /// It is asked now at its endpoint; if no answer comes, also at a reported endpoint of the other family.
    mutating func ask(now: Instant) {
        state = .asked
        askedAt = now
        requests += 1
        guard let index = others.indices.dropFirst(failures).first(where: { others[$0].isIPv4 != endpoint.isIPv4 })
        else { return }
        others.swapAt(index, failures)
        hasCompanion = true
    }

    /// When it was last asked; only where it was.
    private(set) var askedAt = Instant.origin
    /// How often it was asked.
    private(set) var requests = 0

    private static func block(of endpoint: Endpoint) -> UInt64? { endpoint.isLocal ? nil : endpoint.block }

    /// Adds reported endpoints of the node. Returns false if they are known already, or if it has too many.
    mutating func add(_ contact: Contact, families: AddressFamilies) -> Bool {
        let ipv4 = families.contains(.ipv4) && add(contact.ipv4)
        let ipv6 = families.contains(.ipv6) && add(contact.ipv6)
        return ipv4 || ipv6
    }

    private mutating func add(_ other: Endpoint?) -> Bool {
        guard let other, other != endpoint, !others.contains(other),
            others.count(where: { $0.isIPv4 == other.isIPv4 }) < Limits.lookupAlternatives
        else { return false }
        others.append(other)
        return true
    }

    /// It didn't answer at the endpoint where it was asked. Tries the next reported endpoint; fails if there is none.
    mutating func fail() {
        if hasCompanion { failures += 1 }
        hasCompanion = false
        guard failures < others.count else {
            state = .failed
            return
        }
        state = .known
        (endpoint, others[failures]) = (others[failures], endpoint)
        failures += 1
    }

    /// It answered, from `endpoint` where that is known.
    mutating func answer(from endpoint: Endpoint?) {
        state = .answered
        guard hasCompanion else { return }
        if others[failures] == endpoint { (self.endpoint, others[failures]) = (others[failures], self.endpoint) }
        hasCompanion = false
    }

    /// Fails at all reported endpoints, also those not tried yet.
    mutating func retire() {
        state = .failed
        hasCompanion = false
        others.removeLast(others.count - failures)
    }

    /// Tries a failed candidate again at an endpoint reported since; false if there is none.
    mutating func revive() -> Bool {
        guard state == .failed, failures < others.count else { return false }
        fail()
        return true
    }

    /// Prefers an endpoint whose block is not `isFull` among those still to be tried; false where all blocks are full.
    mutating func avoid(_ isFull: (UInt64) -> Bool) -> Bool {
        guard let block, isFull(block) else { return true }
        guard state == .known else { return false }
        for index in others.indices.dropFirst(failures) where others[index].isLocal || !isFull(others[index].block) {
            (endpoint, others[index]) = (others[index], endpoint)
            return true
        }
        return false
    }
}
