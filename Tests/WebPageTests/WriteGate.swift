import Foundation
import Synchronization

/// Holds up one write, so that another may overtake it.
final class WriteGate: Sendable {
    private struct State {
        var isNextHeld = false
        var isHeld = false
        var writesBeside = 0
    }

    private let state = Mutex(State())
    /// How long a write is held up where none overtakes it: others may wait for it.
    private static let longest = Duration.milliseconds(300)

    /// The next write waits until another is done, or waits as well.
    func holdNext() { state.withLock { $0.isNextHeld = true } }

    func write(_ bytes: [UInt8], to file: MemoryFile) {
        let isHeld = state.withLock { state in
            defer { state.isNextHeld = false }
            if state.isNextHeld { state.isHeld = true }
            return state.isNextHeld
        }
        let end = ContinuousClock.now + WriteGate.longest
        while isHeld, state.withLock(\.writesBeside) == 0, ContinuousClock.now < end {
            Thread.sleep(forTimeInterval: 0.001)
        }
        file.memory.write(bytes)
        if !isHeld { state.withLock { $0.writesBeside += 1 } }
    }

    func waitUntilHeld() async {
        while !state.withLock(\.isHeld) { await Task.yield() }
    }
}
