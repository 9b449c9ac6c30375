import Basics

extension RoutingTable {
    /// Contacts drawn at random from all that have not failed since they last answered, in random order.
    ///
    /// - Parameters:
    ///   - count: at most so many, all of them where there are fewer.
    ///   - depth: only those that share so many leading bits with this node's ID.
    ///   - families: only those with an endpoint in one of these.
    ///   - besides: a node to leave out.
    ///   - leftOut: others to leave out.
    ///   - random: decides whom.
    public func sample(
        _ count: Int, sharing depth: Int = 0, in families: AddressFamilies, besides: NodeID,
        leavingOut leftOut: [NodeID] = [], by random: inout SeededGenerator
    ) -> [Contact] {
        let left = place(of: besides)
        let others = leftOut.compactMap { place(of: $0) }
        var drawn: [Int] = []
        drawn.reserveCapacity(min(count, self.count))
        var seen: UInt64 = 0
        // Vitter's algorithm R: each contact has the same chance, and only places are copied.
        for bucket in buckets.dropFirst(depth) {
            for place in bucket.members {
                guard !entries[place].isDoubted, place != left, !others.contains(place),
                    entries[place].hasEndpoint(in: families)
                else { continue }
                seen += 1
                if drawn.count < count {
                    drawn.append(place)
                } else {
                    let chosen = random.next() % seen
                    if chosen < count { drawn[Int(chosen)] = place }
                }
            }
        }
        for index in drawn.indices.dropLast() {
            drawn.swapAt(index, index + Int(random.next() % UInt64(drawn.count - index)))
        }
        return drawn.map { contact(at: $0) }
    }

    /// The live contact heard last, of those that share so many leading bits with this node, have an endpoint in one of
    /// these families and are not left out; nil where there is none.
    public func heardLast(
        sharing depth: Int, in families: AddressFamilies, leavingOut leftOut: [NodeID]
    ) -> Contact? {
        let others = leftOut.compactMap { place(of: $0) }
        let places = buckets.dropFirst(depth).lazy.flatMap(\.members).filter {
            !entries[$0].isDoubted && !others.contains($0) && entries[$0].hasEndpoint(in: families)
        }
        return places.max { entries[$0].lastSeen < entries[$1].lastSeen }.map { contact(at: $0) }
    }
}
