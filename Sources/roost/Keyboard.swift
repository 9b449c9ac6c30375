import Dispatch
import Platform

/// Reads a terminal on a thread of its own, and no further than what was read is used.
final class Keyboard: Sendable {
    private let used = DispatchSemaphore(value: 0)

    /// Bytes that are read at once.
    private static let size = 4_096

    /// Hands over what is read; nil when there will be no more. After each, `use` lets it go on.
    func start(_ take: @escaping @Sendable ([UInt8]?) -> Void) {
        let used = used
        DetachedThread.start {
            var buffer = [UInt8](repeating: 0, count: Keyboard.size)
            while true {
                let count = read(STDIN_FILENO, &buffer, buffer.count)
                if count > 0 {
                    take(Array(buffer[..<count]))
                    used.wait()
                } else if count == 0 || errno != EINTR {
                    return take(nil)
                }
            }
        }
    }

    /// What was read last has been used.
    func use() { used.signal() }
}
