import Basics

/// The part of each contact that isn't needed to find it: each has a card for as long as it is in the table or waits.
///
/// The cards of a bucket lie together, so that naming its contacts reads memory sequentially.
struct ContactCards {
    private var cards: [ContactCard] = []
    /// The IPv6 address on each card. Empty until a contact has one, as most have none.
    private var ipv6: [IPv6Address] = []

    private struct IPv6Address: BitwiseCopyable {
        var high: UInt64 = 0
        var low: UInt64 = 0
    }

    var count: Int { cards.count }

    /// Bytes of the room reserved.
    var memory: Int { cards.memory + ipv6.memory }

    /// Inserts a card for a contact; the later cards move up.
    mutating func insert(_ contact: Contact, at index: Int) {
        cards.insertInSmallSteps(ContactCard(contact), at: index)
        if !ipv6.isEmpty { ipv6.insertInSmallSteps(IPv6Address(), at: index) }
        adopt(contact, on: index)
    }

    /// A contact takes over the card of another.
    mutating func replace(_ index: Int, by contact: Contact) {
        cards[index] = ContactCard(contact)
        adopt(contact, on: index)
    }

    /// Removes a card; the last card of its bucket moves to its place.
    mutating func remove(_ index: Int, last: Int) {
        cards[index] = cards[last]
        cards.remove(at: last)
        guard !ipv6.isEmpty else { return }
        ipv6[index] = ipv6[last]
        ipv6.remove(at: last)
    }

    /// Whether the contact of a card has this ID.
    func has(_ id: NodeID, on index: Int) -> Bool { cards[index].tail == id.bytes.tail }

    /// The contact with all endpoints at which it ever answered, or only those of `families`.
    func contact(_ entry: BucketEntry, in families: AddressFamilies = .both) -> Contact {
        let index = Int(entry.card)
        let card = cards[index]
        let (first, second, third) = card.tail
        let isIPv6 = card.ipv6Port != 0 && families.contains(.ipv6)
        return Contact(
            id: NodeID(Bytes32(words: (entry.head, first, second, third))), key: card.key,
            ipv4: card.ipv4Port != 0 && families.contains(.ipv4)
                ? Endpoint(ipv4: card.ipv4Address, port: card.ipv4Port) : nil,
            ipv6: isIPv6 ? Endpoint(high: ipv6[index].high, low: ipv6[index].low, port: card.ipv6Port) : nil)
    }

    /// Whether any of some cards has an endpoint.
    func haveEndpoints(in range: Range<Int>) -> Bool {
        var ports: UInt16 = 0
        for index in range { ports |= cards[index].ipv4Port | cards[index].ipv6Port }
        return ports != 0
    }

    /// Whether it ever answered at this endpoint.
    func isAt(_ endpoint: Endpoint, on index: Int) -> Bool {
        if let address = endpoint.ipv4 {
            return cards[index].ipv4Port == endpoint.port && cards[index].ipv4Address == address
        }
        return cards[index].ipv6Port == endpoint.port && cards[index].ipv6Port != 0 && ipv6[index].high == endpoint.high
            && ipv6[index].low == endpoint.low
    }

    /// Endpoints replace the former ones of their families; those of other families stay.
    mutating func adopt(_ contact: Contact, on index: Int) {
        if let endpoint = contact.ipv4, let address = endpoint.ipv4 {
            (cards[index].ipv4Address, cards[index].ipv4Port) = (address, endpoint.port)
        }
        if let endpoint = contact.ipv6 {
            if ipv6.isEmpty { ipv6 = [IPv6Address](repeating: IPv6Address(), count: cards.count) }
            ipv6[index] = IPv6Address(high: endpoint.high, low: endpoint.low)
            cards[index].ipv6Port = endpoint.port
        }
    }

    /// Removes all endpoints but those of `families`.
    mutating func keep(_ families: AddressFamilies, on index: Int) {
        if !families.contains(.ipv4) { cards[index].ipv4Port = 0 }
        if !families.contains(.ipv6) { cards[index].ipv6Port = 0 }
    }

    mutating func observe(_ roundTrip: Duration, on index: Int) { cards[index].estimator.observe(roundTrip) }

    func estimator(on index: Int) -> RoundTripEstimator { cards[index].estimator }
}

/// What is known of a contact besides its `BucketEntry`, in 72 bytes.
struct ContactCard: BitwiseCopyable {
    /// Its ID without the first word.
    let tail: (UInt64, UInt64, UInt64)
    let key: PublicKey
    var ipv4Address: UInt32 = 0
    /// 0 where the contact has no such endpoint: port 0 is never usable.
    var ipv4Port: UInt16 = 0
    var ipv6Port: UInt16 = 0
    var estimator = RoundTripEstimator()

    init(_ contact: Contact) {
        tail = contact.id.bytes.tail
        key = contact.key
    }
}

extension Bytes32 {
    /// All words but the first.
    fileprivate var tail: (UInt64, UInt64, UInt64) { (words.1, words.2, words.3) }
}

extension Array {
    /// Reserves room for a few more elements instead of doubling: a table grows once and then stays, and a simulation
    /// has many.
    mutating func insertInSmallSteps(_ element: Element, at index: Int) {
        if count == capacity { reserveCapacity(count + 8) }
        insert(element, at: index)
    }

    /// Bytes of the room reserved, with the array's own overhead.
    var memory: Int { capacity == 0 ? 0 : 32 + capacity * MemoryLayout<Element>.stride }
}
