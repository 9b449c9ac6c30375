import FlyingFox
import FlyingSocks
import Foundation

/// A body of server-sent events (HTML Living Standard §9.2): it goes on until the events end, the reader goes, or the
/// reader is so slow that `backlog` frames wait for it; who is cut off so asks for the lists again and reconnects.
struct ServerSentEvents: AsyncBufferedSequence {
    typealias Element = UInt8

    /// Frames that may wait for a slow reader.
    static let backlog = 256
    /// Comments are sent this often, so that a reader that has gone is noticed.
    static let heartbeat = Duration.seconds(15)

    let frames: AsyncStream<[UInt8]>

    /// `frame` gives the event's name and value; `whenEnded` is called once, when nobody reads on.
    init<Event: Sendable>(
        of events: AsyncStream<Event>, whenEnded: @escaping @Sendable () -> Void,
        frame: @escaping @Sendable (Event) -> (name: String, value: any Encodable & Sendable)
    ) {
        let (frames, continuation) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(ServerSentEvents.backlog))
        self.frames = frames
        @Sendable func yield(_ bytes: [UInt8]) {
            if case .dropped = continuation.yield(bytes) { continuation.finish() }
        }
        let pump = Task {
            for await event in events {
                let (name, value) = frame(event)
                guard let json = try? ControlJSON.encode(value) else { continue }
                yield(Array("event: \(name)\ndata: ".utf8) + Array(json) + [10, 10])
            }
            continuation.finish()
        }
        let heart = Task {
            while (try? await Task.sleep(for: ServerSentEvents.heartbeat)) != nil { yield(Array(":\n\n".utf8)) }
        }
        continuation.onTermination = { _ in
            pump.cancel()
            heart.cancel()
            whenEnded()
        }
        yield(Array(":\n\n".utf8))
    }

    func makeAsyncIterator() -> Iterator { Iterator(base: frames.makeAsyncIterator()) }

    struct Iterator: AsyncBufferedIteratorProtocol {
        var base: AsyncStream<[UInt8]>.Iterator

        /// Frames are handed on whole by `nextBuffer`; the server never asks byte by byte.
        mutating func next() async -> UInt8? { nil }

        mutating func nextBuffer(suggested count: Int) async -> [UInt8]? { await base.next() }
    }
}

extension HTTPResponse {
    static func events(_ events: ServerSentEvents) -> HTTPResponse {
        HTTPResponse(
            statusCode: .ok,
            headers: [.contentType: "text/event-stream", HTTPHeader("Cache-Control"): "no-store"],
            body: HTTPBodySequence(from: events))
    }
}
