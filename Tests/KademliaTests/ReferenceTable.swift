import Basics
import Kademlia

/// A routing table as one flat list in order of last answers: slow, and obvious enough to believe.
struct ReferenceTable {
    struct Entry {
        var contact: Contact
        var lastSeen: Instant
        var checked: Instant?
        var failed: Instant?
        var failures = 0
        /// Where it failed while it may be elsewhere: taken out of `contact`.
        var silent: Endpoint?
        var isWaiting: Bool
    }

    let own: NodeID
    let bucketSize: Int
    var heard: Instant?
    /// Who answered last comes last.
    var entries: [Entry] = []

    func bucket(of id: NodeID) -> Int { id.distance(to: own.bytes).commonPrefixLength }

    func members(_ bucket: Int, waiting: Bool) -> [Int] {
        entries.indices.filter { self.bucket(of: entries[$0].contact.id) == bucket && entries[$0].isWaiting == waiting }
    }

    mutating func observe(_ contact: Contact, now: Instant) -> RoutingTable.Observation {
        guard contact.id != own, contact.ipv4 != nil || contact.ipv6 != nil else { return .ignored }
        heard = now
        let bucket = bucket(of: contact.id)
        let member = entries.first { $0.contact.id == contact.id && !$0.isWaiting }?.contact
        let hasMoved =
            contact.ipv4 != nil && contact.ipv4 != member?.ipv4 || contact.ipv6 != nil && contact.ipv6 != member?.ipv6
        if member == nil || hasMoved, isCrowded(contact) {
            remove(contact.id)
            return .crowded
        }
        let known = entries.firstIndex { $0.contact.id == contact.id }.map { entries.remove(at: $0) }
        var entry = Entry(
            contact: contact, lastSeen: now, checked: known?.checked, failed: known?.failed, isWaiting: false)
        entry.contact.ipv4 = contact.ipv4 ?? known?.contact.ipv4
        entry.contact.ipv6 = contact.ipv6 ?? known?.contact.ipv6
        if let known, !known.isWaiting {
            entries.append(entry)
            return .refreshed
        }
        let full = members(bucket, waiting: false)
        if full.count < bucketSize {
            entries.append(entry)
            return .inserted
        }
        if let failing = full.first(where: { entries[$0].failures >= 2 }) {
            entries.remove(at: failing)
            entries.append(entry)
            return .inserted
        }
        let waiting = members(bucket, waiting: true)
        if waiting.count == Limits.replacementsPerBucket { entries.remove(at: waiting[0]) }
        entry.isWaiting = true
        entries.append(entry)

        let members = members(bucket, waiting: false)
        let head = members[0]
        let last = max(entries[head].lastSeen, entries[head].checked ?? .origin)
        guard !members.contains(where: { entries[$0].failures > 0 }), now - last >= .seconds(60) else {
            return .waiting(doubt: nil)
        }
        entries[head].checked = now
        return .waiting(doubt: entries[head].contact)
    }

    mutating func observeFailure(
        of id: NodeID, at endpoint: Endpoint?, now: Instant
    ) -> RoutingTable.FailureObservation {
        guard let index = entries.firstIndex(where: { $0.contact.id == id && !$0.isWaiting }) else { return .unknown }
        if let endpoint {
            let known = entries[index].contact
            guard known.ipv4 == endpoint || known.ipv6 == endpoint else { return .unknown }
            if known.ipv4 != nil, known.ipv6 != nil {
                entries[index].silent = endpoint
                if endpoint.isIPv4 { entries[index].contact.ipv4 = nil } else { entries[index].contact.ipv6 = nil }
                return .elsewhere(entries[index].contact)
            }
            if let silent = entries[index].silent {
                if silent.isIPv4 { entries[index].contact.ipv4 = silent } else { entries[index].contact.ipv6 = silent }
                entries[index].silent = nil
            }
        }
        if entries[index].failures > 0, let failed = entries[index].failed, now - failed < .seconds(5) {
            return .doubted
        }
        let bucket = bucket(of: id)
        let isOnline = entries[index].failed.map { failed in heard.map { $0 > failed } ?? false } ?? true
        entries[index].failures += 1
        entries[index].failed = now
        guard isOnline else { return .doubted }
        if entries[index].failures >= 2, let next = successor(of: id) {
            entries[next].isWaiting = false
            let contact = entries[next].contact
            entries.remove(at: index)
            return .replaced(by: contact)
        }
        guard entries[index].failures >= 5 else { return .doubted }
        entries.remove(at: index)
        leaveNobodyWaiting(in: bucket)
        return .removed
    }

    /// Who takes the place of a contact: the last that waits in its bucket and doesn't crowd it.
    private func successor(of id: NodeID) -> Int? {
        members(bucket(of: id), waiting: true).last { !isCrowded(entries[$0].contact, without: id) }
    }

    private mutating func leaveNobodyWaiting(in bucket: Int) {
        for index in members(bucket, waiting: true).reversed() { entries.remove(at: index) }
    }

    private func isCrowded(_ contact: Contact, without leaving: NodeID? = nil) -> Bool {
        [contact.ipv4, contact.ipv6].contains { endpoint in
            guard let endpoint, !endpoint.isLocal else { return false }
            let neighbours = entries.filter {
                let silent = $0.silent?.isIPv4 == endpoint.isIPv4 ? $0.silent : nil
                let theirs = (endpoint.isIPv4 ? $0.contact.ipv4 : $0.contact.ipv6) ?? silent
                return !$0.isWaiting && $0.contact.id != contact.id && $0.contact.id != leaving
                    && theirs.map { !$0.isLocal && $0.block == endpoint.block } == true
            }
            let bucket = bucket(of: contact.id)
            return neighbours.count >= 10 || neighbours.count { self.bucket(of: $0.contact.id) == bucket } >= 2
        }
    }

    mutating func remove(_ id: NodeID) {
        guard let index = entries.firstIndex(where: { $0.contact.id == id }) else { return }
        let wasWaiting = entries[index].isWaiting
        let next = wasWaiting ? nil : successor(of: id)
        if let next { entries[next].isWaiting = false }
        entries.remove(at: index)
        if !wasWaiting, next == nil {
            leaveNobodyWaiting(in: bucket(of: id))
        }
    }

    func closest(
        to point: Bytes32, count: Int, families: AddressFamilies, excluding: NodeID?, onlyAlive: Bool
    ) -> [Contact] {
        let eligible = entries.filter {
            !$0.isWaiting && $0.contact.endpoint(in: families) != nil && $0.contact.id != excluding
                && !(onlyAlive && $0.failures > 0)
        }
        return eligible.map(\.contact).sorted(towards: point).prefix(count).map {
            Contact(
                id: $0.id, key: $0.key, ipv4: families.contains(.ipv4) ? $0.ipv4 : nil,
                ipv6: families.contains(.ipv6) ? $0.ipv6 : nil)
        }
    }

    func isAmongClosest(to point: Bytes32, count: Int, families: AddressFamilies) -> Bool {
        let limit = own.distance(to: point)
        let closer = entries.filter {
            !$0.isWaiting && $0.failures == 0 && $0.contact.endpoint(in: families) != nil
                && $0.contact.id.distance(to: point) < limit
        }
        return closer.count < count
    }

    mutating func extend(_ id: NodeID, with endpoint: Endpoint) -> Bool {
        guard let index = entries.firstIndex(where: { $0.contact.id == id && !$0.isWaiting }),
            !isCrowded(Contact(id: id, key: entries[index].contact.key, endpoint: endpoint))
        else { return false }
        if endpoint.isIPv4 { entries[index].contact.ipv4 = endpoint } else { entries[index].contact.ipv6 = endpoint }
        if entries[index].silent?.isIPv4 == endpoint.isIPv4 { entries[index].silent = nil }
        return true
    }

    /// Contacts and doubts by bucket, in least-recently-seen order.
    var listing: [(id: NodeID, isDoubted: Bool)] {
        (0..<256).flatMap { bucket in
            members(bucket, waiting: false).map { (entries[$0].contact.id, entries[$0].failures > 0) }
        }
    }
}
