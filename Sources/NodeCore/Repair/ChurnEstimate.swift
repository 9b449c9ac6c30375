import Basics

/// How long until half of the nodes of a range have gone, by how many were still there each time a node looked.
///
/// It is the mean of the exponential law: nodes that went, by the time that all together were watched. Both are
/// forgotten bit by bit, so that the estimate follows a network that changes.
package struct ChurnEstimate: Sendable {
    package init() {}

    /// What counts as seen before anything was: one node gone in two hours, which makes a half-life of 83 minutes.
    private var gone = 1.0
    private var watched = 7_200.0
    /// Who was there the last time, and when that was.
    private var present: [NodeID] = []
    private var lookedAt: Instant?

    /// What is kept of both from one time to the next: ten times make up two thirds of the estimate.
    private static let kept = 0.9

    /// Looks at who is there now. `isAlive` tells whether one who was there the last time still is.
    package mutating func look(at present: [NodeID], isAlive: (NodeID) -> Bool, now: Instant) {
        if let lookedAt, now > lookedAt, !self.present.isEmpty {
            let left = self.present.count { !isAlive($0) }
            let seconds = (now - lookedAt) / .seconds(1)
            // Who went did so half-way through, as far as is known.
            let together = (Double(self.present.count) - Double(left) / 2) * seconds
            gone = gone * ChurnEstimate.kept + Double(left)
            watched = watched * ChurnEstimate.kept + together
        }
        self.present = present
        lookedAt = now
    }

    /// The time until half of them have gone, at most a hundred years.
    package var halfLife: Duration {
        let seconds = watched / max(gone, 1e-6) * 0.693_147
        return .seconds(Int64(min(seconds, 3.2e9)))
    }
}
