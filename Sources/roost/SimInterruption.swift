import Platform
import Synchronization

/// Ctrl-C while a simulation runs: the first asks for the summary so far, the second ends at once.
final class SimInterruption: Sendable {
    private let seen: Seen

    /// The first signal that came; zero: none.
    private final class Seen: Sendable {
        let number = Atomic<Int32>(0)
        /// When it came; meaningless before.
        let at = Mutex(ContinuousClock.now)
    }

    /// A second signal that comes this soon is the first once more: `timeout` sends each to the process and to its group.
    private static let echo = Duration.milliseconds(500)

    init() {
        let seen = Seen()
        self.seen = seen
        Signals.listen(to: [SIGINT, SIGTERM]) { number in
            if seen.number.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged {
                seen.at.withLock { $0 = .now }
            } else if seen.at.withLock({ ContinuousClock.now - $0 }) > SimInterruption.echo {
                _exit(128 + number)
            }
        }
    }

    /// The conventional exit status after an interruption; nil: there was none.
    var status: Int32? {
        let number = seen.number.load(ordering: .relaxed)
        return number == 0 ? nil : 128 + number
    }
}
