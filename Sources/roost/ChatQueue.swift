import ChatView
import Platform
import Synchronization

/// What has happened to a `ChatSession`, in order.
final class ChatQueue: Sendable {
    enum Event: Sendable {
        case chat(ChatEvent)
        /// What a terminal has sent.
        case bytes([UInt8])
        /// Nothing has followed the bytes of this number for a while.
        case pause(Int)
        /// Nothing was typed for longer.
        case rest(Int)
        case signalled(Int32)
        /// The terminal is gone.
        case inputEnded
    }

    let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private let count = Atomic<Int>(0)

    /// News wait while so many events do.
    private static let full = 256

    init() { (events, continuation) = AsyncStream.makeStream(of: Event.self) }

    func add(_ event: Event) {
        count.wrappingAdd(1, ordering: .relaxed)
        continuation.yield(event)
    }

    func add(_ event: ChatEvent) { add(.chat(event)) }

    /// One has been taken out. Whether there are none left.
    func took() -> Bool { count.wrappingSubtract(1, ordering: .relaxed).newValue == 0 }

    /// Waits while there are many: a slow terminal slows down who brings news, instead of filling memory.
    func waitForRoom() async throws {
        while count.load(ordering: .relaxed) >= ChatQueue.full { try await Task.sleep(for: .milliseconds(10)) }
    }
}
