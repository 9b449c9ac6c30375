import FlyingSocks
import Foundation
import Synchronization

/// Waits for sockets by another pool, and ends connections whose client is awaited too long, or longest of too many.
///
/// FlyingFox accepts whoever comes and waits for ever, and has no other place to say otherwise. A connection is ended by
/// `shutdown`: its task then finds it disconnected, and closes it as it closes any other.
final class BoundedSocketPool: AsyncSocketPool {
    private struct Wait {
        let number: UInt64
        let file: Socket.FileDescriptor
        let since: ContinuousClock.Instant
    }

    private struct State {
        var lastNumber: UInt64 = 0
        /// In the order in which they began.
        var waits: [Wait] = []

        /// Ends the connections of the first waits. Their tasks are still suspended, so the descriptors are still theirs.
        mutating func endFirst(_ count: Int) {
            for wait in waits.prefix(count) { shutdown(wait.file.rawValue, CInt(SHUT_RDWR)) }
            waits.removeFirst(count)
        }
    }

    private let base: any AsyncSocketPool
    private let limits: ControlLimits
    private let state = Mutex(State())

    init(_ base: any AsyncSocketPool, limits: ControlLimits) {
        self.base = base
        self.limits = limits
    }

    func prepare() async throws { try await base.prepare() }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.base.run() }
            group.addTask {
                while true {
                    try await Task.sleep(for: self.limits.patience / 8)
                    self.endOverdue()
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
        guard !isListening(socket.file) else {
            return try await base.suspendSocket(socket, untilReadyFor: events)
        }
        let number = begin(socket.file)
        defer { state.withLock { state in state.waits.removeAll { $0.number == number } } }
        try await base.suspendSocket(socket, untilReadyFor: events)
    }

    private func begin(_ file: Socket.FileDescriptor) -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            state.waits.append(Wait(number: state.lastNumber, file: file, since: .now))
            state.endFirst(max(0, state.waits.count - limits.waiting))
            return state.lastNumber
        }
    }

    private func endOverdue() {
        let latest = ContinuousClock.now - limits.patience
        state.withLock { state in state.endFirst(state.waits.prefix { $0.since <= latest }.count) }
    }

    /// Whether new connections come from it.
    private func isListening(_ file: Socket.FileDescriptor) -> Bool {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(file.rawValue, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0
    }
}
