import Simulation

/// Faults as the command line takes them: `0.5@1h`, `0.3@1h+30min`.
public enum FaultText {
    /// A share, when it strikes, and how long it lasts.
    public struct Strike: Equatable, Sendable {
        public var share: Double
        public var at: Duration
        /// Nil where nothing was said.
        public var lasting: Duration?

        public init(share: Double, at: Duration, lasting: Duration? = nil) {
            self.share = share
            self.at = at
            self.lasting = lasting
        }
    }

    /// Reads `SHARE@TIME` or `SHARE@TIME+DURATION`; nil for anything else, shares beyond 0…1 included.
    public static func parse(_ text: String) -> Strike? {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2, let share = Double(halves[0]), (0...1).contains(share) else { return nil }
        let times = halves[1].split(separator: "+", omittingEmptySubsequences: false)
        guard (1...2).contains(times.count), let at = DurationText.parse(String(times[0])) else { return nil }
        guard times.count == 2 else { return Strike(share: share, at: at) }
        guard let lasting = DurationText.parse(String(times[1])) else { return nil }
        return Strike(share: share, at: at, lasting: lasting)
    }
}
