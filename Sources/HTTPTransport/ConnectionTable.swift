import NIOCore
import Synchronization

/// The connections of one server. Limits how many clients the server waits for, how long, and how many bytes it holds
/// meanwhile.
final class ConnectionTable: Sendable {
    /// Names a connection.
    struct ID: Hashable {
        fileprivate let number: UInt64
    }

    private struct Connection {
        let channel: any Channel
        /// What the server waits for from the client; nil while it is the server's turn.
        var wait: Wait?
    }

    private struct Wait {
        /// Rises from wait to wait.
        let number: UInt64
        let since: NIODeadline
        /// Bytes that are held until it ends.
        var bytes = 0
    }

    private struct State {
        var connections: [ID: Connection] = [:]
        var lastNumber: UInt64 = 0
        var waiting = 0
        var held = 0
        var isClosed = false

        mutating func nextNumber() -> UInt64 {
            lastNumber += 1
            return lastNumber
        }

        mutating func endWait(_ id: ID) {
            guard let wait = connections[id]?.wait else { return }
            connections[id]?.wait = nil
            waiting -= 1
            held -= wait.bytes
        }

        /// Removes connections from the count until the rest is within the limits, those that have waited longest
        /// first.
        mutating func evict(_ limits: HTTPLimits) -> [any Channel] {
            var evicted: [any Channel] = []
            while waiting > limits.waiting || held > limits.held, let oldest = oldestWait {
                if let channel = connections[oldest]?.channel { evicted.append(channel) }
                endWait(oldest)
            }
            return evicted
        }

        private var oldestWait: ID? {
            connections.lazy.compactMap { id, connection in connection.wait.map { (id, $0.number) } }
                .min { $0.1 < $1.1 }?.0
        }
    }

    private let limits: HTTPLimits
    private let state = Mutex(State())

    init(limits: HTTPLimits) { self.limits = limits }

    /// Adds a connection, and begins to wait for its client. Nil where no more connections are taken.
    func add(_ channel: any Channel) -> ID? {
        let id: ID? = state.withLock { state in
            guard !state.isClosed else { return nil }
            let id = ID(number: state.nextNumber())
            state.connections[id] = Connection(channel: channel)
            return id
        }
        if let id { beginWait(id) }
        return id
    }

    func remove(_ id: ID) {
        state.withLock { state in
            state.endWait(id)
            state.connections[id] = nil
        }
    }

    /// From now on the server waits for the client, and holds so many bytes for it.
    func beginWait(_ id: ID, holding bytes: Int = 0) {
        close { state in
            state.endWait(id)
            let wait = Wait(number: state.nextNumber(), since: .now(), bytes: bytes)
            state.connections[id]?.wait = wait
            guard state.connections[id] != nil else { return [] }
            state.waiting += 1
            state.held += bytes
            return state.evict(limits)
        }
    }

    /// More bytes are held for a client that the server waits for.
    func hold(_ id: ID, _ bytes: Int) {
        close { state in
            guard state.connections[id]?.wait != nil else { return [] }
            state.connections[id]?.wait?.bytes += bytes
            state.held += bytes
            return state.evict(limits)
        }
    }

    /// It is the server's turn.
    func endWait(_ id: ID) { state.withLock { $0.endWait(id) } }

    /// Ends the connections that have waited too long for their clients.
    func endOverdue() {
        let latest = NIODeadline.now() - TimeAmount(limits.patience)
        close { state in
            let overdue = state.connections.filter { ($0.value.wait?.since ?? .distantFuture) <= latest }
            for id in overdue.keys { state.endWait(id) }
            return overdue.values.map(\.channel)
        }
    }

    /// Ends all, and takes no more.
    func closeAll() {
        close { state in
            state.isClosed = true
            return state.connections.values.map(\.channel)
        }
    }

    var isEmpty: Bool { state.withLock { $0.connections.isEmpty } }

    /// Closing calls back: not under the lock.
    private func close(_ choose: (inout State) -> [any Channel]) {
        let channels = state.withLock { choose(&$0) }
        for channel in channels { channel.close(promise: nil) }
    }
}
