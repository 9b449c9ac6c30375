import Synchronization

/// Gives work up after too long without a sign of life.
final class Progress: Sendable {
    private let patience: Duration
    /// When it is given up; nil: never.
    private let deadline: Mutex<ContinuousClock.Instant?>

    init(patience: Duration) {
        self.patience = patience
        deadline = Mutex(.now + patience)
    }

    /// There was a sign of life: the time starts again.
    func advance() { deadline.withLock { if $0 != nil { $0 = .now + patience } } }

    /// From now on it may take as long as it likes.
    func endless() { deadline.withLock { $0 = nil } }

    /// The result of the work; nil if it was given up. Work that was given up is cancelled and not waited for: it may
    /// hang and never notice.
    func bound<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value? {
        let (results, continuation) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
        let worker = Task {
            do {
                continuation.yield(.success(try await work()))
            } catch {
                continuation.yield(.failure(error))
            }
            continuation.finish()
        }
        let watch = Task {
            while let deadline = deadline.withLock({ $0 }), ContinuousClock.now < deadline {
                guard (try? await Task.sleep(until: deadline)) != nil else { return }
            }
            if deadline.withLock({ $0 }) != nil { continuation.finish() }
        }
        defer {
            worker.cancel()
            watch.cancel()
        }
        for await result in results { return try result.get() }
        return nil
    }
}
