import Basics

/// Whether nothing goes to an endpoint, and nothing comes from there, for as long as a measurement takes.
struct SilenceWatch {
    private var endpoint: Endpoint?
    private var begin = Instant.origin
    private var end = Instant.origin
    /// Whether something did.
    private(set) var isBroken = false

    /// For so long the request that begins the measurement may be repeated and answered.
    private static let grace = Duration.seconds(3)
    /// The clocks of two machines don't run alike.
    private static let tolerance = Duration.seconds(1)

    /// Silence begins, for so long.
    mutating func begin(at endpoint: Endpoint, for duration: Duration, now: Instant) {
        self.endpoint = endpoint
        (begin, end) = (now + SilenceWatch.grace, now + (duration - SilenceWatch.tolerance))
        isBroken = false
    }

    /// Something goes to an endpoint.
    mutating func observeSent(to endpoint: Endpoint, now: Instant) {
        if self.endpoint == endpoint, now > begin { isBroken = true }
    }

    /// Something comes from an endpoint. What comes at the end is what is waited for.
    mutating func observeReceived(from endpoint: Endpoint, now: Instant) {
        if self.endpoint == endpoint, now > begin, now < end { isBroken = true }
    }
}
