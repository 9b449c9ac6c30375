import Platform

/// A request to end the daemon, by SIGTERM, SIGINT, SIGHUP or the API. Made before anything else starts, so that no
/// signal is lost.
final class StopRequest: Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(1))
        self.stream = stream
        self.continuation = continuation
        let names = [SIGTERM: "SIGTERM", SIGINT: "SIGINT", SIGHUP: "SIGHUP"]
        // `nohup` wants the daemon to outlive its terminal.
        let numbers = [SIGTERM, SIGINT] + (Signals.isIgnored(SIGHUP) ? [] : [SIGHUP])
        Signals.listen(to: numbers) { continuation.yield(names[$0] ?? "a signal") }
    }

    /// Requests the end. `reason` is for the log.
    func request(_ reason: String) { continuation.yield(reason) }

    /// Asks for the end once standard input ends, which it does when the program at its other end does, whatever of.
    func requestWhenInputEnds() {
        let continuation = continuation
        DetachedThread.start {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            continuation.yield("standard input ended")
        }
    }

    /// Returns the first reason once there is one.
    func wait() async -> String {
        for await reason in stream { return reason }
        return "cancelled"
    }
}
