import Basics

/// The part of each contact that isn't needed to choose among contacts: who it is, and its IPv6 address. Each contact has
/// the place here that its entry has among the table's entries.
struct ContactIdentities {
    private let source: NodeIdentity.Source
    private var identities: [NodeIdentity] = []
    /// Empty until a contact has such an address, as most have none.
    private var ipv6: [IPv6Address] = []

    private struct IPv6Address: BitwiseCopyable {
        var high: UInt64 = 0
        var low: UInt64 = 0
    }

    /// None yet.
    init(from source: @escaping NodeIdentity.Source) { self.source = source }

    var count: Int { identities.count }

    /// Bytes of the room reserved, without the identities themselves.
    var memory: Int { identities.memory + ipv6.memory }

    /// Makes room for so many contacts.
    mutating func reserve(_ count: Int) { identities.reserveCapacity(count) }

    /// Inserts who a contact is; those behind move up.
    mutating func insert(_ contact: Contact, at place: Int) {
        identities.insertInSmallSteps(source(contact.id, contact.key), at: place)
        if !ipv6.isEmpty { ipv6.insertInSmallSteps(IPv6Address(), at: place) }
        adopt(contact.ipv6, at: place)
    }

    /// A contact takes the place of another.
    mutating func replace(_ place: Int, by contact: Contact) {
        identities[place] = source(contact.id, contact.key)
        if !ipv6.isEmpty { ipv6[place] = IPv6Address() }
        adopt(contact.ipv6, at: place)
    }

    /// Removes a contact; those behind move down.
    mutating func remove(_ place: Int) {
        identities.remove(at: place)
        if !ipv6.isEmpty { ipv6.remove(at: place) }
    }

    /// Moves a contact to another place; those between shift.
    mutating func move(_ place: Int, to other: Int) {
        identities.move(place, to: other)
        if !ipv6.isEmpty { ipv6.move(place, to: other) }
    }

    /// Keeps the address of an IPv6 endpoint; without one, that which is known stays.
    mutating func adopt(_ endpoint: Endpoint?, at place: Int) {
        guard let endpoint else { return }
        if ipv6.isEmpty { ipv6 = [IPv6Address](repeating: IPv6Address(), count: identities.count) }
        ipv6[place] = IPv6Address(high: endpoint.high, low: endpoint.low)
    }

    /// The node ID of a contact.
    func id(at place: Int) -> NodeID { identities[place].id }

    /// The key of a contact.
    func key(at place: Int) -> PublicKey { identities[place].key }

    /// The address that was adopted last, with a port.
    func ipv6(at place: Int, port: UInt16) -> Endpoint {
        Endpoint(high: ipv6[place].high, low: ipv6[place].low, port: port)
    }
}

extension Array {
    /// Reserves room for a few more elements instead of doubling: a table grows once and then stays, and a simulation
    /// has many.
    mutating func insertInSmallSteps(_ element: Element, at index: Int) {
        if count == capacity { reserveCapacity(count + 8) }
        insert(element, at: index)
    }

    /// Moves an element to another place; the elements between shift.
    mutating func move(_ place: Int, to other: Int) {
        precondition(indices.contains(place) && indices.contains(other))
        withUnsafeMutableBufferPointer { elements in
            guard place != other, let first = elements.baseAddress else { return }
            let moved = (first + place).move()
            if place < other {
                (first + place).moveInitialize(from: first + place + 1, count: other - place)
            } else {
                (first + other + 1).moveInitialize(from: first + other, count: place - other)
            }
            (first + other).initialize(to: moved)
        }
    }

    /// Bytes of the room reserved, with the array's own overhead.
    var memory: Int { capacity == 0 ? 0 : 32 + capacity * MemoryLayout<Element>.stride }
}
