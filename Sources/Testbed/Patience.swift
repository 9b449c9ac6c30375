/// Waits by polling for conditions that are not announced.
enum Patience {
    /// How often the condition is checked.
    private static let step = Duration.milliseconds(10)

    /// Whether it comes true in time. If cancelled, checks one last time.
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
