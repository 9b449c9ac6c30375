import Basics
import NIOCore
import PeerCore

extension RoostNode {
    /// Accepts a message: returns once it is durable, and from then on it arrives exactly once or is reported as failed.
    ///
    /// - Parameters:
    ///   - text: At most `Limits.textSize` bytes of UTF-8.
    ///   - introduced: A third person, whom a card introduces by the name that this person has given them.
    ///   - peer: The recipient.
    ///   - key: A repeated call with the same key, peer and text is the same message. So a caller who doesn't know whether a
    ///     call succeeded may repeat it. With another text the call throws `messageInvalid`.
    public func send(
        _ text: String, introducing introduced: Introduced? = nil, to peer: PeerID, key: String? = nil
    ) async throws(ServiceError) -> SentMessage {
        guard phase == .running else { throw .stopped }
        let isRepeated = key.map { station?.agent?.hasTakenOver($0, to: peer) ?? false } ?? false
        let sent: MessageID?
        do throws(SendError) {
            sent = try station?.send(
                text, introducing: introduced, to: peer, key: key, now: SystemClock.now(), into: &effects)
        } catch {
            throw ServiceError(error)
        }
        guard let id = sent else { throw .stopped }
        finishTurn()
        while true {
            let place = waiters.enter(for: .message(id))
            let acceptance = station?.agent?.acceptance(of: id)
            guard acceptance == .pending else {
                waiters.leave(place)
                if acceptance == .unknown {
                    throw ServiceError(
                        .diskFailed,
                        "The message could not be kept, and is not sent: check the disk, and send it again.")
                }
                var message = try message(id)
                message.isRepeated = isRepeated
                return message
            }
            switch await news(at: place, until: nil) {
            case .news, .deadline: continue
            case .failed(let reason): throw ServiceError(lastCommit == .full ? .diskFull : .diskFailed, reason)
            case .cancelled: throw .cancelled
            case .stopped: throw .stopped
            }
        }
    }

    /// A sent message as it stands. Throws `messageUnknown` where there is none.
    public func message(_ id: MessageID) throws(ServiceError) -> SentMessage {
        guard let station else { throw .stopped }
        guard let message = station.agent?.message(id) else {
            throw ServiceError(.messageUnknown, "There is no message \(id) in the outbox.")
        }
        return message
    }

    /// Waits until a message has reached a state or a later one, or has failed; returns it as it then stands, which after
    /// the timeout is short of the state.
    public func waitForState(
        _ state: MessageState, of id: MessageID, timeout: Duration
    ) async throws(ServiceError) -> SentMessage {
        let deadline = NIODeadline.after(timeout)
        while true {
            let place = waiters.enter(for: .message(id))
            let message: SentMessage
            do throws(ServiceError) { message = try self.message(id) } catch {
                waiters.leave(place)
                throw error
            }
            if message.state.rawValue >= state.rawValue {
                waiters.leave(place)
                return message
            }
            switch await news(at: place, until: deadline) {
            case .news, .failed: continue
            case .deadline: return try self.message(id)
            case .cancelled: throw .cancelled
            case .stopped: throw .stopped
            }
        }
    }

    /// Sent messages in the order in which they were accepted.
    public func outbox(after: MessageID? = nil, limit: Int = .max) -> [SentMessage] {
        station?.agent?.outgoingMessages(after: after, limit: limit) ?? []
    }

    /// Stops sending a message; returns once that is durable. Copies that others keep already may still reach the recipient.
    public func cancel(_ id: MessageID) async throws(ServiceError) -> CancelOutcome {
        try await durably { station?.cancel(id, now: SystemClock.now(), into: &effects) }
    }

    /// The number of the last message that has arrived; 0 where none ever has.
    public var lastArrival: UInt64 { station?.agent?.lastArrival ?? 0 }

    /// Received messages in conversation order, or with `InboxFilter.since` in the order of arrival; marks nothing.
    public func inbox(_ filter: InboxFilter = InboxFilter()) -> [IncomingMessage] {
        station?.agent?.inbox(filter, now: SystemClock.now()) ?? []
    }

    /// Marks received messages read, and lets those of their senders know who may hear of it, by who they are and what is decided about
    /// them; returns once that is durable. What was read without that is never told later.
    public func markRead(
        _ references: [InboxReference], telling hears: @Sendable (PeerID, PeerStanding) -> Bool = { _, _ in true }
    ) async throws(ServiceError) {
        try await durably { station?.markRead(references, telling: hears, now: SystemClock.now(), into: &effects) }
    }

    /// Deletes received messages; returns how many there were, once that is durable. None of them comes back.
    @discardableResult
    public func delete(_ references: [InboxReference]) async throws(ServiceError) -> Int {
        try await durably { station?.delete(references, now: SystemClock.now(), into: &effects) }
    }

    /// Mail that waits for this person and can't be opened here; nil where there is none.
    public func unopened() -> UnopenedStanding? { station?.agent?.unopened }

    /// Discards all mail that waits and can't be opened here, at its buddies as well; returns how many envelopes, once
    /// that is durable. Even the holder of the keys that they were sealed to can never receive them.
    @discardableResult
    public func discardUnopened() async throws(ServiceError) -> Int {
        try await durably { station?.discardUnopened(now: SystemClock.now(), into: &effects) }
    }

    /// Has the agent change something, and returns its answer once that is durable. A commit that fails takes the
    /// change back.
    func durably<Answer>(_ change: () -> Answer?) async throws(ServiceError) -> Answer {
        guard phase == .running, let answer = change(), let ticket = station?.agent?.lastWrite else {
            throw .stopped
        }
        finishTurn()
        while true {
            let place = waiters.enter(for: .writes)
            guard station?.agent?.isSettled(ticket) == false else {
                waiters.leave(place)
                return answer
            }
            switch await news(at: place, until: nil) {
            case .news, .deadline: continue
            case .failed(let reason): throw ServiceError(lastCommit == .full ? .diskFull : .diskFailed, reason)
            case .cancelled: throw .cancelled
            case .stopped: throw .stopped
            }
        }
    }

    /// What happens from now on, in order. The stream ends with the node. It also ends for a reader that falls behind
    /// by more than `Limits.noticesWaiting`: what was missed is in `inbox` and `outbox`.
    public func notices() -> AsyncStream<PeerNotice> {
        watchers.add(ended: phase != .running) { number in
            self.eventLoop.execute { self.assumeIsolated { $0.watchers.remove(number) } }
        }
    }

    /// Identifies an observer of notices.
    public struct NoticeObserver: Hashable, Sendable {
        private let object = Identity()

        private final class Identity: Sendable {}

        public init() {}

        public static func == (left: NoticeObserver, right: NoticeObserver) -> Bool { left.object === right.object }

        public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(object)) }
    }

    /// Calls `tell` for each notice from now on, and with nil at the end of the node: for those who keep no more of a notice
    /// than they need, where `notices()` keeps whole ones for a slow reader. It is called on the node's event loop, and so
    /// must not wait for anything.
    public func add(_ observer: NoticeObserver, _ tell: @escaping @Sendable (PeerNotice?) -> Void) {
        watchers.add(observer, ended: phase != .running, tell)
    }

    /// Removes an observer: it is told nothing more.
    public func remove(_ observer: NoticeObserver) { watchers.remove(observer) }

    /// Waits for news at a place that was taken before the caller looked; without a deadline if `until` is nil.
    func news(at place: Waiters.Place, until deadline: NIODeadline?) async -> Waiters.Wake {
        guard phase == .running else {
            waiters.leave(place)
            return .stopped
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let scheduled = deadline.map { deadline in
                    eventLoop.scheduleTask(deadline: deadline) {
                        self.assumeIsolated { $0.waiters.wake(place, .deadline) }
                    }
                }
                waiters.wait(at: place, continuation, scheduled)
                if Task.isCancelled { waiters.wake(place, .cancelled) }
            }
        } onCancel: {
            eventLoop.execute { self.assumeIsolated { $0.waiters.wake(place, .cancelled) } }
        }
    }
}

extension ServiceError {
    init(_ error: SendError) {
        let code: Code =
            switch error {
            case .textTooLong, .keyTooLong, .keyEmpty, .keyTaken: .messageInvalid
            case .invalidPeer: .peerInvalid
            case .peerBlocked: .peerBlocked
            case .outboxFull: .outboxFull
            case .inboxFull: .inboxFull
            case .storeBusy: .busy
            }
        self.init(code, error.description)
    }
}
