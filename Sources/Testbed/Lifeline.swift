import Platform

/// A pipe that is never written to. All children read from it. When the runner ends, however it ends, they read the end
/// of the pipe, and end.
final class Lifeline: Sendable {
    /// What children get as their standard input.
    let reader: CInt
    private let writer: CInt

    init() throws(TestbedError) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw TestbedError(.creation, "No pipe can be made: \(String(cString: strerror(errno))).")
        }
        (reader, writer) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        close(reader)
        close(writer)
    }
}
