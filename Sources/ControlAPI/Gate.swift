import Synchronization

/// Limits how many may be inside at the same time.
final class Gate: Sendable {
    /// A place inside. It is freed when the last reference to it is dropped.
    final class Place: Sendable {
        private let gate: Gate

        fileprivate init(_ gate: Gate) { self.gate = gate }

        deinit { gate.inside.withLock { $0 -= 1 } }
    }

    private let limit: Int
    private let inside = Mutex(0)

    init(limit: Int) { self.limit = limit }

    /// Throws `unavailable` where there is no place.
    func enter() throws(ControlError) -> Place {
        let isFull = inside.withLock { inside in
            guard inside < limit else { return true }
            inside += 1
            return false
        }
        guard !isFull else {
            throw ControlError(
                .unavailable, "\(limit) requests of this kind are under way already: end some, or try again later.")
        }
        return Place(self)
    }
}
