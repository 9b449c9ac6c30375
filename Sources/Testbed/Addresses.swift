import Synchronization

/// Loopback addresses, one for each node of a run. On Linux all of 127.0.0.0/8 is there; elsewhere only 127.0.0.1, where nodes
/// differ by their ports.
final class Addresses: Sendable {
    private let given = Atomic<Int>(0)
    private let network: Int

    /// In a namespace of its own a run can have any; among others it draws a sixteen-bit network of its own.
    init(isAlone: Bool) { network = isAlone ? 1 : .random(in: 2...254) }

    func next() -> String {
        #if os(Linux)
            let number = given.add(1, ordering: .relaxed).newValue
            // Neither .0 nor .255 at the end: they mean something else elsewhere.
            return "127.\(network).\(number / 250 % 256).\(number % 250 + 1)"
        #else
            return "127.0.0.1"
        #endif
    }
}
