import Basics

/// What a table knows of one contact, but for who it is (`ContactIdentities`), in 40 bytes.
struct BucketEntry: BitwiseCopyable {
    /// The first 32 bits of its ID, enough to tell it from nearly all others.
    let head: UInt32
    /// When it first answered since it was added to the table or to the replacements.
    let firstSeen: CompactInstant
    /// When it last answered.
    private(set) var lastSeen: CompactInstant
    /// When it was last handed out to be checked.
    var checked = CompactInstant.past
    /// When its last counted failure came.
    private(set) var failed = CompactInstant.past
    /// The round trips to it.
    private(set) var estimator = RoundTripEstimator()
    private var ipv4Address: UInt32 = 0
    /// 0 where the contact has no such endpoint: port 0 is never usable.
    private var ipv4Port: UInt16 = 0
    private(set) var ipv6Port: UInt16 = 0
    /// By how much the times between checks differ from those of others.
    let jitter: Jitter
    /// Failures since the last answer, saturating.
    private(set) var failures: UInt8 = 0
    private var flags: Flags = []

    /// An entry for a contact that answers for the first time.
    init(_ contact: Contact, jitter: Jitter, now: CompactInstant) {
        head = BucketEntry.head(of: contact.id.bytes)
        firstSeen = now
        lastSeen = now
        self.jitter = jitter
        adopt(contact)
        expect(at: contact)
        observe(at: contact)
    }

    /// What `head` is of a point.
    static func head(of point: Bytes32) -> UInt32 { UInt32(truncatingIfNeeded: point.words.0 >> 32) }

    // MARK: Where it is

    /// The endpoint at which it ever answered over IPv4.
    var ipv4Endpoint: Endpoint? { ipv4Port == 0 ? nil : Endpoint(ipv4: ipv4Address, port: ipv4Port) }

    /// The scope of its address of each family. Nil where it has none, or where it failed to answer there and may still
    /// be reached over the other family.
    private(set) var ipv4: AddressScope? {
        get { flags.scope(Flags.ipv4Scope) }
        set { flags.setScope(newValue, Flags.ipv4Scope) }
    }
    private(set) var ipv6: AddressScope? {
        get { flags.scope(Flags.ipv6Scope) }
        set { flags.setScope(newValue, Flags.ipv6Scope) }
    }

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

    /// Endpoints replace the former ones of their families; those of other families stay. The address of an endpoint over
    /// IPv6 is kept by `ContactIdentities`.
    mutating func adopt(_ contact: Contact) {
        if let endpoint = contact.ipv4, let address = endpoint.ipv4 {
            (ipv4Address, ipv4Port) = (address, endpoint.port)
        }
        if let endpoint = contact.ipv6 { ipv6Port = endpoint.port }
    }

    /// Removes the endpoints at which it isn't expected.
    mutating func forgetOtherEndpoints() {
        if ipv4 == nil { ipv4Port = 0 }
        if ipv6 == nil { ipv6Port = 0 }
    }

    /// It may also be reached at this endpoint.
    mutating func expect(at endpoint: Endpoint) {
        if endpoint.isIPv4 { ipv4 = endpoint.scope } else { ipv6 = endpoint.scope }
    }

    /// It may be reached at all these endpoints, which are all that it has.
    mutating func expect(at contact: Contact) {
        ipv4 = contact.ipv4?.scope
        ipv6 = contact.ipv6?.scope
    }

    /// It failed to answer at an endpoint. Returns whether it may still be reached over the other family, which is to
    /// be tried before it is doubted.
    mutating func fallsBack(from family: AddressFamilies, over families: AddressFamilies) -> Bool {
        guard hasEndpoint(in: families.subtracting(family)) else { return false }
        if family == .ipv4 { ipv4 = nil } else { ipv6 = nil }
        return true
    }

    // MARK: What is observed

    /// Whether it was last heard because it sent a request, not because it answered one.
    var hasAsked: Bool {
        get { flags.contains(.hasAsked) }
        set { if newValue { flags.insert(.hasAsked) } else { flags.remove(.hasAsked) } }
    }

    /// The address family over which it was last heard.
    var lastFamily: AddressFamilies { flags.contains(.answeredOverIPv6) ? .ipv6 : .ipv4 }

    /// Whether it has failed since it last answered.
    var isDoubted: Bool { failures > 0 }

    /// It answered, after this time where that is known.
    mutating func observe(_ roundTrip: Duration?) {
        if let roundTrip { estimator.observe(roundTrip) }
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

/// Two flags, and two address scopes of two bits.
private struct Flags: OptionSet, BitwiseCopyable {
    private(set) var rawValue: UInt8

    static let hasAsked = Flags(rawValue: 1)
    static let answeredOverIPv6 = Flags(rawValue: 2)
    /// Where the bits of a scope begin: 0 for none.
    static let ipv4Scope: UInt8 = 4
    static let ipv6Scope: UInt8 = 6

    func scope(_ shift: UInt8) -> AddressScope? {
        let bits = rawValue >> shift & 3
        return bits == 0 ? nil : AddressScope(rawValue: bits - 1)
    }

    mutating func setScope(_ scope: AddressScope?, _ shift: UInt8) {
        rawValue = rawValue & ~(3 << shift) | (scope.map { $0.rawValue + 1 } ?? 0) << shift
    }
}
