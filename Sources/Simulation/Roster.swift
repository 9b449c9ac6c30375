import Basics

/// The relaying nodes that are up: one by chance, or all of them, fast.
struct Roster {
    /// In no order that means anything.
    private(set) var hosts: [HostID] = []
    /// The first words of their IDs, and since when they are up; in the same order.
    private(set) var words: [UInt64] = []
    private(set) var since: [Instant] = []
    /// Whether strangers reach them; in the same order.
    private(set) var areReachable: [Bool] = []
    /// The place in `hosts` of each host by its number; −1 of those that are not in it.
    private var places: [Int32] = []

    /// How many strangers reach.
    private(set) var reachableCount = 0

    var count: Int { hosts.count }
    var isEmpty: Bool { hosts.isEmpty }

    func contains(_ host: HostID) -> Bool { host.index < places.count && places[host.index] >= 0 }

    mutating func add(_ host: HostID, _ id: NodeID, isReachable: Bool, at instant: Instant) {
        guard !contains(host) else { return }
        while places.count <= host.index { places.append(-1) }
        places[host.index] = Int32(hosts.count)
        hosts.append(host)
        words.append(id.bytes.words.0)
        since.append(instant)
        areReachable.append(isReachable)
        if isReachable { reachableCount += 1 }
    }

    mutating func remove(_ host: HostID) {
        guard contains(host) else { return }
        let place = Int(places[host.index])
        places[host.index] = -1
        if areReachable[place] { reachableCount -= 1 }
        let last = hosts.count - 1
        if place != last {
            (hosts[place], words[place], since[place]) = (hosts[last], words[last], since[last])
            areReachable[place] = areReachable[last]
            places[hosts[place].index] = Int32(place)
        }
        hosts.removeLast()
        words.removeLast()
        since.removeLast()
        areReachable.removeLast()
    }

    func random(_ chance: inout Chance) -> HostID? { hosts.isEmpty ? nil : hosts[chance.below(hosts.count)] }

    /// A node that strangers reach, as a newcomer would be told of; nil where there seems to be none.
    func randomReachable(_ chance: inout Chance) -> HostID? {
        guard !hosts.isEmpty else { return nil }
        for _ in 0..<100 {
            let place = chance.below(hosts.count)
            if areReachable[place] { return hosts[place] }
        }
        return nil
    }

    /// A share of them by chance, at least one where the share isn't 0.
    func sample(_ share: Double, _ chance: inout Chance) -> [HostID] {
        guard share > 0 else { return [] }
        return chance.pick(max(1, Int(Double(count) * share)), of: hosts)
    }
}
