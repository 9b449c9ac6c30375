import Basics

/// The candidates of a lookup by their distance from its target, closest first; each node once.
struct CandidateList: RandomAccessCollection, MutableCollection {
    private let target: Bytes32
    /// Failed candidates stay, so that they aren't asked again.
    private var candidates: [Candidate] = []
    /// The first words of their distances: nearly always enough to find a candidate, and close together in memory.
    private var distances: [UInt64] = []
    /// The first words of their keys, for the same reason.
    private var keys: [UInt64] = []

    /// An empty one, with room for so many.
    init(target: Bytes32, capacity: Int) {
        self.target = target
        candidates.reserveCapacity(capacity)
        distances.reserveCapacity(capacity)
        keys.reserveCapacity(capacity)
    }

    var startIndex: Int { 0 }
    var endIndex: Int { candidates.count }

    /// A candidate may be changed in its place, but for its ID and its key.
    subscript(index: Int) -> Candidate {
        _read { yield candidates[index] }
        _modify { yield &candidates[index] }
    }

    /// Where a node is, and where it would have to be inserted.
    func place(of id: NodeID) -> (known: Int?, gap: Int) {
        let distance = id.distance(to: target)
        let head = distance.value.words.0
        var low = 0
        var high = distances.count
        while low < high {
            let middle = (low + high) / 2
            let isCloser =
                distances[middle] == head
                ? candidates[middle].id.distance(to: target) < distance : distances[middle] < head
            if isCloser { low = middle + 1 } else { high = middle }
        }
        return (low < candidates.count && distances[low] == head && candidates[low].id == id ? low : nil, low)
    }

    /// The ID of the candidate with a key; nil where there is none.
    func id(of key: PublicKey) -> NodeID? {
        let head = key.bytes.words.0
        guard let index = keys.firstIndex(of: head), candidates[index].key == key else { return nil }
        return candidates[index].id
    }

    /// `gap`: where `place` says that it belongs.
    mutating func insert(_ candidate: Candidate, at gap: Int) {
        candidates.insert(candidate, at: gap)
        distances.insert(candidate.id.distance(to: target).value.words.0, at: gap)
        keys.insert(candidate.key.bytes.words.0, at: gap)
    }

    mutating func remove(at index: Int) {
        candidates.remove(at: index)
        distances.remove(at: index)
        keys.remove(at: index)
    }

    /// Traps where an invariant doesn't hold. For tests.
    func checkInvariants() {
        for (closer, farther) in zip(candidates, candidates.dropFirst()) {
            precondition(closer.id.distance(to: target) < farther.id.distance(to: target))
        }
        precondition(distances == candidates.map { $0.id.distance(to: target).value.words.0 })
        precondition(keys == candidates.map { $0.key.bytes.words.0 })
    }
}
