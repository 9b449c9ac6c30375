import Synchronization

/// Lets so many in at once.
final class Gate: Sendable {
    private let limit: Int
    private let inside = Mutex(0)

    init(limit: Int) { self.limit = limit }

    /// Throws `unavailable` where there is no place. Who was let in leaves once.
    func enter() throws(ControlError) {
        let isFull = inside.withLock { inside in
            guard inside < limit else { return true }
            inside += 1
            return false
        }
        guard !isFull else {
            throw ControlError(
                .unavailable, "\(limit) requests of this kind are under way already: end some, or try again later.")
        }
    }

    func leave() { inside.withLock { $0 -= 1 } }
}
