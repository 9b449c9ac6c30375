import Basics

/// Which contacts one answer may name.
extension Lookup {
    /// Whether an answer names no node twice, and no address block more often than allowed. Nearly all answers are so,
    /// and then `credible` leaves out none. Looks at words instead of contacts.
    private static func areDistinct(_ contacts: [Contact]) -> Bool {
        guard contacts.count <= Limits.contactsPerAnswer else { return false }
        let none = UInt64.max
        return withUnsafeTemporaryAllocation(
            of: (id: UInt64, ipv4: UInt64, ipv6: UInt64).self, capacity: contacts.count
        ) {
            for (index, contact) in contacts.enumerated() {
                let head = contact.id.bytes.words.0
                let ipv4 = contact.ipv4.map { $0.isLocal ? none : $0.block } ?? none
                let ipv6 = contact.ipv6?.block ?? none
                var (first, second) = (0, 0)
                for other in $0[..<index] {
                    if other.id == head { return false }
                    if other.ipv4 == ipv4, ipv4 != none { first += 1 }
                    if other.ipv6 == ipv6, ipv6 != none { second += 1 }
                }
                guard max(first, second) < Limits.contactsPerBlock else { return false }
                $0[index] = (head, ipv4, ipv6)
            }
            return true
        }
    }

    /// The contacts that one answer may name: each node once, and of each address block only the closest. Otherwise a
    /// single liar could put many false names before an honest node of their block.
    static func credible(_ contacts: [Contact], near target: Bytes32) -> [Contact] {
        guard !areDistinct(contacts) else { return contacts }
        var named: [Contact] = []
        named.reserveCapacity(Limits.contactsPerAnswer)
        for contact in contacts.prefix(Limits.contactsPerAnswer) where !named.contains(where: { $0.id == contact.id }) {
            named.append(contact)
        }
        return named.filter { contact in
            let (distance, blocks) = (contact.id.distance(to: target), contact.blocks)
            guard !blocks.isEmpty else { return true }
            let closer = named.count { other in
                let isOfBlock =
                    blocks.ipv4 != nil && blocks.ipv4 == other.ipv4?.block
                    || blocks.ipv6 != nil && blocks.ipv6 == other.ipv6?.block
                return isOfBlock && other.id.distance(to: target) < distance
            }
            return closer < Limits.contactsPerBlock
        }
    }
}
