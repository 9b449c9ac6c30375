import Basics
import Exchange
import PeerCore
import Station

/// The streams and observers of notices about the person's messages.
struct NoticeStreams {
    private var continuations: [UInt64: AsyncStream<PeerNotice>.Continuation] = [:]
    private var observers: [RoostNode.NoticeObserver: @Sendable (PeerNotice?) -> Void] = [:]
    private var lastNumber: UInt64 = 0

    /// A new stream, which has `ended` already where there is nothing to watch any more.
    mutating func add(ended: Bool, whenLeft: @escaping @Sendable (UInt64) -> Void) -> AsyncStream<PeerNotice> {
        lastNumber += 1
        let number = lastNumber
        let (stream, continuation) = AsyncStream.makeStream(
            of: PeerNotice.self, bufferingPolicy: .bufferingOldest(Limits.noticesWaiting))
        if ended {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { _ in whenLeft(number) }
        continuations[number] = continuation
        return stream
    }

    mutating func remove(_ number: UInt64) { continuations[number] = nil }

    /// Calls an observer for each notice from now on, and with nil at the end, which may have come already.
    mutating func add(
        _ observer: RoostNode.NoticeObserver, ended: Bool, _ tell: @escaping @Sendable (PeerNotice?) -> Void
    ) {
        guard !ended else { return tell(nil) }
        observers[observer] = tell
    }

    mutating func remove(_ observer: RoostNode.NoticeObserver) { observers[observer] = nil }

    /// Delivers a notice to all. A reader that is too far behind gets the end of its stream, not a gap.
    mutating func yield(_ notice: PeerNotice) {
        for tell in observers.values { tell(notice) }
        for (number, continuation) in continuations {
            guard case .dropped = continuation.yield(notice) else { continue }
            continuations[number] = nil
            continuation.finish()
        }
    }

    mutating func finish() {
        let ended = continuations.values
        continuations = [:]
        for continuation in ended { continuation.finish() }
        let told = observers.values
        observers = [:]
        for tell in told { tell(nil) }
    }
}

/// The operator's lookups under way.
struct LookupStreams {
    private var continuations: [CommandID: AsyncThrowingStream<LookupReport, any Error>.Continuation] = [:]
    private var commands = OperatorCommands()

    /// A new command with the stream of its reports.
    mutating func add(
        ended: Bool, whenLeft: @escaping @Sendable (CommandID) -> Void
    ) -> (CommandID, AsyncThrowingStream<LookupReport, any Error>) {
        let id = commands.next()
        let (stream, continuation) = AsyncThrowingStream.makeStream(
            of: LookupReport.self, bufferingPolicy: .bufferingNewest(Limits.noticesWaiting))
        if ended {
            continuation.finish(throwing: ServiceError.stopped)
            return (id, stream)
        }
        continuation.onTermination = { termination in
            if case .cancelled = termination { whenLeft(id) }
        }
        continuations[id] = continuation
        return (id, stream)
    }

    /// Passes an event to the stream that requested it.
    mutating func take(_ event: NodeEvent) {
        switch event {
        case .lookupRound(let id, let report):
            continuations[id]?.yield(report)
        case .lookupFinished(let id, let report):
            let continuation = continuations.removeValue(forKey: id)
            continuation?.yield(report)
            continuation?.finish()
        case .busy(let id):
            let busy = ServiceError(.busy, "Too much is under way already: try again in a few seconds.")
            continuations.removeValue(forKey: id)?.finish(throwing: busy)
        default: break
        }
    }

    /// Forgets a lookup; whether it was under way.
    mutating func remove(_ id: CommandID) -> Bool { continuations.removeValue(forKey: id) != nil }

    mutating func finish() {
        let ended = continuations.values
        continuations = [:]
        for continuation in ended { continuation.finish(throwing: ServiceError.stopped) }
    }
}
