import CLibrary

/// A thread of its own, for blocking system calls.
enum DetachedThread {
    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a new thread, which is never joined. False if the system gives no thread, and nothing runs: see
    /// getrlimit(2).
    @discardableResult
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let work = Unmanaged.passRetained(Work(body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        #if canImport(Darwin)
            var thread: pthread_t?
            let result = pthread_create(&thread, &attributes, { DetachedThread.run($0) }, work.toOpaque())
        #else
            var thread = pthread_t()
            let result = pthread_create(&thread, &attributes, { DetachedThread.run($0) }, work.toOpaque())
        #endif
        if result != 0 { work.release() }
        return result == 0
    }

    private static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
    }
}
