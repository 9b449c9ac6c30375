import Dispatch
import Foundation

/// The wish to end the daemon, by SIGTERM, SIGINT, SIGHUP or the API. Exists before anything else starts, so that no signal is lost.
///
/// Sendable: the signal sources are made in `init` and only let go of in `deinit`; everything else is Sendable by itself.
final class StopRequest: @unchecked Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(1))
        self.stream = stream
        self.continuation = continuation
        // A file that may grow no further is a full disk, and said by the write.
        signal(SIGXFSZ, SIG_IGN)
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGHUP, "SIGHUP")].compactMap { number, name in
            let before = signal(number, SIG_IGN)
            // `nohup` wants the daemon to outlive its terminal.
            if number == SIGHUP, unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
                return nil
            }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(name) }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// Asks for the end. `reason` is for the log.
    func request(_ reason: String) { continuation.yield(reason) }

    /// Returns the first reason once there is one.
    func wait() async -> String {
        for await reason in stream { return reason }
        return "cancelled"
    }
}
