import Platform

/// Listens for signals, so that they don't end the process.
///
/// A handler writes each signal into a pipe, and a thread reads it: so none is lost once the handler is installed.
/// Dispatch's signal sources are registered later than they are made. On Linux they lose signals that come while the
/// main thread begins to wait (about one start in 200 could not be ended).
enum Signals {
    // Written once, before any handler that reads it is installed.
    nonisolated(unsafe) private static var pipeEnd: Int32 = -1

    /// Calls `handler` for each of these signals, on a thread of its own, as long as the process lives. Once in a process.
    static func listen(to numbers: [Int32], _ handler: @escaping @Sendable (Int32) -> Void) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        let readEnd = ends[0]
        pipeEnd = ends[1]
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        DetachedThread.start {
            // The parent process may have blocked them, and that is inherited.
            var signals = sigset_t()
            sigemptyset(&signals)
            for number in numbers { sigaddset(&signals, number) }
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            var number: UInt8 = 0
            while true {
                switch read(readEnd, &number, 1) {
                case 1: handler(Int32(number))
                case -1 where errno == EINTR: continue
                default: return
                }
            }
        }
        for number in numbers {
            signal(number) { number in
                let before = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(Signals.pipeEnd, &byte, 1)
                errno = before
            }
        }
    }

    /// Whether a signal is ignored, as `nohup` does for the loss of the terminal.
    static func isIgnored(_ number: Int32) -> Bool {
        let before = signal(number, SIG_IGN)
        signal(number, before)
        return unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
