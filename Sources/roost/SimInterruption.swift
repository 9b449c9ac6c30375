import Foundation
import Synchronization

/// Ctrl-C while a simulation runs: the first asks for the summary so far, the second ends at once.
final class SimInterruption: Sendable {
    private let seen: Seen

    /// The first signal that came; zero: none.
    private final class Seen: Sendable {
        let number = Atomic<Int32>(0)
    }

    init() {
        let seen = Seen()
        self.seen = seen
        Signals.listen(to: [SIGINT, SIGTERM]) { number in
            if !seen.number.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged {
                _exit(128 + number)
            }
        }
    }

    /// The conventional exit status of who was interrupted; nil: nobody was.
    var status: Int32? {
        let number = seen.number.load(ordering: .relaxed)
        return number == 0 ? nil : 128 + number
    }
}
