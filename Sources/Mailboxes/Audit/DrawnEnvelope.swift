import Basics
import Wire

extension KeptItems {
    /// An envelope of the scope by chance, for an audit; nil where there is none. A mailbox is drawn first, and then an
    /// envelope in it: each by a random point, the first at or after it. So each may be drawn, and nobody can know which.
    package func drawnEnvelope(by random: inout SeededGenerator) -> ItemKey? {
        let point = scope.location(at: random.bytes32())
        guard
            let mailbox = firstEnvelope(from: .zero, in: point)
                ?? firstEnvelope(from: .zero, in: scope.locations.lowerBound)
        else { return nil }
        let drawn = firstEnvelope(from: random.bytes32(), in: mailbox.location)
        return drawn?.location == mailbox.location ? drawn : mailbox
    }

    private func firstEnvelope(from id: Bytes32, in location: Location) -> ItemKey? {
        let range = ItemRange(
            from: ItemKey(kind: ItemKind.envelope.rawValue, location: location, id: id),
            to: ItemKey(kind: ItemKind.envelope.rawValue + 1, location: Location(.zero), id: .zero))
        var (found, limit) = (ItemKey?.none, Limits.itemsPerComparison)
        _ = visit(range, limit: &limit) { item in
            found = item
            return false
        }
        return found
    }
}
