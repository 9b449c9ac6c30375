import Dispatch
import Foundation
import Synchronization

/// Ctrl-C while a simulation runs: the first asks for the summary so far, the second ends at once.
///
/// Sendable: the signal sources are made in `init` and only let go of in `deinit`; the number is atomic.
final class SimInterruption: @unchecked Sendable {
    private let seen: Seen
    private let sources: [any DispatchSourceSignal]

    /// The first signal that came; zero: none.
    private final class Seen: Sendable {
        let number = Atomic<Int32>(0)
    }

    init() {
        let seen = Seen()
        self.seen = seen
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if !seen.number.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged {
                    _exit(128 + number)
                }
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// The conventional exit status of who was interrupted; nil: nobody was.
    var status: Int32? {
        let number = seen.number.load(ordering: .relaxed)
        return number == 0 ? nil : 128 + number
    }
}
