import Basics

/// A contact in a bucket with what is known of it, packed into 112 bytes.
struct BucketEntry: BitwiseCopyable {
    let id: NodeID
    private let key: PublicKey
    private var ipv6High: UInt64 = 0
    private var ipv6Low: UInt64 = 0
    private var ipv4Address: UInt32 = 0
    /// 0 where the contact has no such endpoint: port 0 is never usable.
    private var ipv4Port: UInt16 = 0
    private var ipv6Port: UInt16 = 0
    private(set) var estimator = RoundTripEstimator()
    /// When it last answered.
    private(set) var lastSeen = CompactInstant.past
    /// When it was last given out to be checked.
    var checked = CompactInstant.past
    /// When the last failure that counted came.
    private(set) var failed = CompactInstant.past
    /// Failures since the last answer, saturating.
    private(set) var failures: UInt8 = 0
    /// Whether it was last heard of because it asked us something, and not because it answered.
    var hasAsked = false
    /// Where it failed to answer, while it may still be where the other family says: never both.
    private var silent: AddressFamilies = []

    init(_ contact: Contact) {
        id = contact.id
        key = contact.key
        adopt(contact)
    }

    /// Where it is, as far as is known.
    var contact: Contact { contact(in: AddressFamilies.both.subtracting(silent)) }

    /// The address blocks in which it takes places: where it failed to answer as well, while it may come back.
    var blocks: AddressBlocks { contact(in: .both).blocks }

    private func contact(in families: AddressFamilies) -> Contact {
        let (isIPv4, isIPv6) = (families.contains(.ipv4), families.contains(.ipv6))
        return Contact(
            id: id, key: key,
            ipv4: isIPv4 && ipv4Port != 0 ? Endpoint(ipv4: ipv4Address, port: ipv4Port) : nil,
            ipv6: isIPv6 && ipv6Port != 0 ? Endpoint(high: ipv6High, low: ipv6Low, port: ipv6Port) : nil)
    }

    /// It failed since it last answered.
    var isDoubted: Bool { failures > 0 }

    func hasEndpoint(in families: AddressFamilies) -> Bool {
        let usable = families.subtracting(silent)
        return usable.contains(.ipv4) && ipv4Port != 0 || usable.contains(.ipv6) && ipv6Port != 0
    }

    /// Whether it may be named to somebody known at an address of `scope`, who sends over `families`.
    func isOfUse(in families: AddressFamilies, scope: AddressScope) -> Bool {
        let usable = families.subtracting(silent)
        // Whoever is on this machine can reach what this machine can.
        let isAny = scope == .machine
        if usable.contains(.ipv4), ipv4Port != 0 {
            if isAny || Endpoint(ipv4: ipv4Address, port: ipv4Port).scope >= scope { return true }
        }
        guard usable.contains(.ipv6), ipv6Port != 0 else { return false }
        return isAny || Endpoint(high: ipv6High, low: ipv6Low, port: ipv6Port).scope >= scope
    }

    func has(_ endpoint: Endpoint) -> Bool {
        if let address = endpoint.ipv4 { return ipv4Port == endpoint.port && ipv4Address == address }
        return ipv6Port == endpoint.port && ipv6High == endpoint.high && ipv6Low == endpoint.low
    }

    /// It answered. An endpoint replaces the former one of its family; the other family's stays unless it failed there.
    mutating func observe(_ contact: Contact, roundTrip: Duration?, now: CompactInstant) {
        if silent == .ipv4 { ipv4Port = 0 }
        if silent == .ipv6 { ipv6Port = 0 }
        silent = []
        adopt(contact)
        if let roundTrip { estimator.observe(roundTrip) }
        lastSeen = now
        failures = 0
    }

    /// It failed to answer at an endpoint. Returns whether it may still be where the other family says: that is to be tried
    /// before it is doubted.
    mutating func fallsBack(from endpoint: Endpoint, over families: AddressFamilies) -> Bool {
        let family = endpoint.isIPv4 ? AddressFamilies.ipv4 : .ipv6
        guard hasEndpoint(in: families.subtracting(family)) else {
            silent = []
            return false
        }
        silent.insert(family)
        return true
    }

    /// It failed to answer. Returns whether that counts: requests that fail together are one failure.
    mutating func observeFailure(now: CompactInstant) -> Bool {
        guard failures == 0 || now >= failed + .retryDelay else { return false }
        failed = now
        failures = failures == .max ? .max : failures + 1
        return true
    }

    private mutating func adopt(_ contact: Contact) {
        if let endpoint = contact.ipv4, let address = endpoint.ipv4 {
            (ipv4Address, ipv4Port) = (address, endpoint.port)
        }
        if let endpoint = contact.ipv6 {
            (ipv6High, ipv6Low, ipv6Port) = (endpoint.high, endpoint.low, endpoint.port)
        }
    }
}
