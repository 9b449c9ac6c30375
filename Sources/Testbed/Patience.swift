/// Waiting for what nobody tells.
enum Patience {
    /// How often one looks.
    private static let step = Duration.milliseconds(10)

    /// Whether it comes true in time. Cancelled, it looks a last time.
    static func holds(
        within patience: Duration, isolation: isolated (any Actor)? = #isolation, _ condition: () async -> Bool
    ) async -> Bool {
        let deadline = ContinuousClock.now + patience
        while await !condition() {
            if ContinuousClock.now >= deadline || Task.isCancelled { return false }
            try? await Task.sleep(for: step)
        }
        return true
    }
}
