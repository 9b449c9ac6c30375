import Basics

/// The part of each contact that every walk over a bucket reads, in half a cache line. The rest is on its
/// `ContactCard`.
struct BucketEntry: BitwiseCopyable {
    /// The first word of its ID, enough to tell it from nearly all others.
    let head: UInt64
    /// When it first answered since it was added to the table or to the replacements.
    let firstSeen: CompactInstant
    /// When it last answered.
    private(set) var lastSeen: CompactInstant
    /// When it was last handed out to be checked.
    var checked = CompactInstant.past
    /// When its last counted failure came.
    private(set) var failed = CompactInstant.past
    /// By how much the times between checks differ from those of others.
    let jitter: Jitter
    /// The place of its card: somewhere among the cards of its bucket.
    var card: UInt16
    /// Failures since the last answer, saturating.
    private(set) var failures: UInt8 = 0
    private var flags: Flags = []

    private struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt8
        static let hasAsked = Flags(rawValue: 1)
        static let answeredOverIPv6 = Flags(rawValue: 2)
    }

    /// The scope of its address of each family. Nil where it has none, or where it failed to answer there and may still
    /// be reached over the other family.
    private(set) var ipv4: AddressScope?
    private(set) var ipv6: AddressScope?

    /// An entry for a contact that answers for the first time.
    init(_ id: NodeID, jitter: Jitter, card: Int, now: CompactInstant) {
        head = id.bytes.words.0
        firstSeen = now
        lastSeen = now
        self.jitter = jitter
        self.card = UInt16(card)
    }

    /// Whether it was last heard because it sent a request, not because it answered one.
    var hasAsked: Bool {
        get { flags.contains(.hasAsked) }
        set { if newValue { flags.insert(.hasAsked) } else { flags.remove(.hasAsked) } }
    }

    /// The address family over which it was last heard.
    var lastFamily: AddressFamilies { flags.contains(.answeredOverIPv6) ? .ipv6 : .ipv4 }

    /// Whether it has failed since it last answered.
    var isDoubted: Bool { failures > 0 }

    /// The families over which it may be asked.
    var families: AddressFamilies { families(in: .machine) }

    /// The families in which its address is valid for a node whose address has this scope.
    func families(in scope: AddressScope) -> AddressFamilies {
        var families: AddressFamilies = []
        if let ipv4, ipv4 >= scope { families.insert(.ipv4) }
        if let ipv6, ipv6 >= scope { families.insert(.ipv6) }
        return families
    }

    func hasEndpoint(in families: AddressFamilies) -> Bool {
        !families.isDisjoint(with: self.families)
    }

    /// Whether it may be named to a node whose address has this scope and that sends over `families`.
    ///
    /// A node on this machine can reach what this machine can.
    func isOfUse(in families: AddressFamilies, scope: AddressScope) -> Bool {
        !self.families(in: scope).isDisjoint(with: families)
    }

    /// It answered.
    mutating func observe(now: CompactInstant) {
        lastSeen = now
        failures = 0
    }

    /// It was heard at the contact's endpoint, if that has only one.
    mutating func observe(at contact: Contact) {
        if contact.ipv4 == nil {
            flags.insert(.answeredOverIPv6)
        } else if contact.ipv6 == nil {
            flags.remove(.answeredOverIPv6)
        }
    }

    /// It may also be reached at this endpoint.
    mutating func expect(at endpoint: Endpoint) {
        if endpoint.isIPv4 { ipv4 = endpoint.scope } else { ipv6 = endpoint.scope }
    }

    /// It may be reached at all endpoints of its card.
    mutating func expect(at card: Contact) {
        ipv4 = card.ipv4?.scope
        ipv6 = card.ipv6?.scope
    }

    /// It failed to answer at an endpoint. Returns whether it may still be reached over the other family, which is to
    /// be tried before it is doubted.
    mutating func fallsBack(from family: AddressFamilies, over families: AddressFamilies) -> Bool {
        guard hasEndpoint(in: families.subtracting(family)) else { return false }
        if family == .ipv4 { ipv4 = nil } else { ipv6 = nil }
        return true
    }

    /// Counts all its failures as one.
    mutating func forgive() { failures = min(failures, 1) }

    /// It failed to answer. Returns whether the failure counts: requests that fail together are one failure.
    mutating func observeFailure(now: CompactInstant) -> Bool {
        guard failures == 0 || now >= failed + .retryDelay else { return false }
        failed = now
        failures = failures == .max ? .max : failures + 1
        return true
    }
}
