import Basics
import Cryptography
import NodeCore
import Storage

/// The network as it is drawn. Uses no random draws, so that looking changes nothing.
extension Simulator {
    /// Nodes whose tables are drawn: more lines would be ink.
    private static let tablesDrawn = 2
    /// People whose mailboxes are looked for: each costs a search of all disks.
    private static let mailboxesSought = 20
    /// Nodes named at a mailbox, beyond which it is scattered anyway.
    private var buddiesNamed: Int { 3 * scenario.bucketSize }

    var map: NetworkMap {
        let living = everybodyUp
        var map = NetworkMap(living: living.count)
        // Places are those in `living` until it is known which of them are drawn.
        map.tables = tables(of: living)
        map.mailbox = mailbox(among: living)
        var isDrawn = [Bool](repeating: living.count <= NetworkMap.most, count: living.count)
        for step in 0..<min(NetworkMap.most, living.count) { isDrawn[step * living.count / NetworkMap.most] = true }
        for table in map.tables {
            isDrawn[table.node] = true
            for contact in table.contacts { isDrawn[contact] = true }
        }
        for buddy in map.mailbox?.buddies ?? [] { isDrawn[buddy.node] = true }
        var places = [Int](repeating: 0, count: living.count)
        for (place, node) in living.enumerated() where isDrawn[place] {
            places[place] = map.nodes.count
            map.nodes.append(drawn(node))
        }
        for index in map.tables.indices {
            map.tables[index].node = places[map.tables[index].node]
            map.tables[index].contacts = map.tables[index].contacts.map { places[$0] }
        }
        if let buddies = map.mailbox?.buddies {
            map.mailbox?.buddies = buddies.map { buddy in
                var buddy = buddy
                buddy.node = places[buddy.node]
                return buddy
            }
        }
        return map
    }

    private struct LivingNode {
        var host: HostID
        var id: NodeID
        var isPersonal: Bool
    }

    /// Ascending by ID.
    private var everybodyUp: [LivingNode] {
        let relays = roster.hosts.map { LivingNode(host: $0, id: network.nodeID($0), isPersonal: false) }
        let personal = people.filter { network.isUp($0) }
            .map { LivingNode(host: $0, id: network.nodeID($0), isPersonal: true) }
        return (relays + personal).sorted { $0.id.bytes < $1.id.bytes }
    }

    private func drawn(_ node: LivingNode) -> NetworkMap.Node {
        NetworkMap.Node(
            id: node.id.bytes.words.0, age: network.time - network.startedAt(node.host),
            isPersonal: node.isPersonal, isLiar: network.isLiar(node.host),
            isHidden: network.isHidden(node.host))
    }

    /// The tables of a few ordinary nodes at even steps, from the older half: newcomers know few contacts.
    private func tables(of living: [LivingNode]) -> [NetworkMap.Table] {
        var ordinary = living.indices.filter { place in
            let host = living[place].host
            return !living[place].isPersonal && !network.isLiar(host) && !network.isHidden(host)
        }
        let starts = ordinary.map { network.startedAt(living[$0].host) }
        let middle = starts.sorted().dropFirst(starts.count / 2).first
        ordinary.removeAll { place in middle.map { network.startedAt(living[place].host) > $0 } ?? false }
        let count = min(Simulator.tablesDrawn, ordinary.count)
        return (0..<count).map { step in
            // Halfway between the quarters, where nothing else is written.
            let place = ordinary[(4 * step + 1) * ordinary.count / (4 * count)]
            var table = NetworkMap.Table(node: place, contacts: [], gone: 0)
            network.nodeInPlace(living[place].host).forEachContact { entry in
                if let contact = Simulator.place(of: entry.contact.id, in: living) {
                    table.contacts.append(contact)
                } else {
                    table.gone += 1
                }
            }
            table.contacts.sort()
            return table
        }
    }

    private static func place(of id: NodeID, in living: [LivingNode]) -> Int? {
        var (low, high) = (0, living.count)
        while low < high {
            let middle = (low + high) / 2
            if living[middle].id.bytes < id.bytes { low = middle + 1 } else { high = middle }
        }
        return low < living.count && living[low].id == id ? low : nil
    }

    // MARK: A mailbox

    /// The mailbox in which most waits or, where nothing does, was collected. Where all is about the first person, theirs.
    private func mailbox(among living: [LivingNode]) -> NetworkMap.Mailbox? {
        let isAboutFirst =
            scenario.flood > 0 || scenario.strangers != nil || scenario.liars?.lies.contains(.crowd) == true
        let epoch = network.now.utc.epoch
        var best: NetworkMap.Mailbox?
        for person in people.prefix(isAboutFirst ? 1 : Simulator.mailboxesSought) {
            // Mail lies where it belonged when it was written: perhaps in the epoch before.
            for epoch in [epoch, epoch.advanced(by: -1)] {
                let key = network.peerID(person)?.blindedKey(for: .mailbox, epoch: epoch, suite: scenario.suite)
                guard let key else { continue }
                let found = mailbox(at: key.location, among: living)
                let isMore = best.map { ($0.waiting, $0.collected) < (found.waiting, found.collected) } ?? true
                if isMore { best = found }
            }
        }
        return best
    }

    private func mailbox(at location: Location, among living: [LivingNode]) -> NetworkMap.Mailbox {
        let prefix = location.bytes.array
        var (waiting, collected) = (Set<[UInt8]>(), Set<[UInt8]>())
        var buddies: [NetworkMap.Buddy] = []
        var closest = 0
        let byDistance = living.indices.sorted {
            living[$0].id.distance(to: location.bytes) < living[$1].id.distance(to: location.bytes)
        }
        for (rank, place) in byDistance.enumerated() {
            let disk = network.disk(living[place].host)
            var buddy = NetworkMap.Buddy(node: place, rank: rank, isClosest: false, waiting: 0, collected: 0)
            disk.scan(.envelopes, prefix: prefix, after: nil) { key, _ in
                buddy.waiting += 1
                waiting.insert(key.withUnsafeBytes { [UInt8]($0) })
                return true
            }
            disk.scan(.tombstones, prefix: prefix, after: nil) { key, _ in
                buddy.collected += 1
                collected.insert(key.withUnsafeBytes { [UInt8]($0) })
                return true
            }
            if closest < scenario.bucketSize, !network.isHidden(living[place].host) {
                buddy.isClosest = true
                closest += 1
            }
            if buddy.isClosest || buddy.keepsSomething, buddies.count < buddiesNamed { buddies.append(buddy) }
        }
        return NetworkMap.Mailbox(
            location: location.bytes.words.0, waiting: waiting.subtracting(collected).count, collected: collected.count,
            buddies: buddies)
    }
}
