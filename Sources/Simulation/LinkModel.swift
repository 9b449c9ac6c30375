import Basics

/// How datagrams travel between virtual hosts.
///
/// What lies between two hosts is a distance that doesn't change: they have places on a plane, and a height above it for
/// the line that connects them, as in Vivaldi's coordinates (Dabek, Cox, Kaashoek and Morris, SIGCOMM 2004, §5.4: two
/// dimensions and a height predict the round trips among 1,740 Internet hosts almost as well as any space). Plane and
/// heights fill `latency`.
public struct LinkModel: Hashable, Sendable {
    /// The one-way delay of the closest and of the farthest two hosts.
    public var latency: ClosedRange<Duration>
    /// How much longer than its distance a datagram may take, as a share of it, 0…1. Drawn for each datagram, so that
    /// datagrams overtake each other.
    public var jitter: Double
    /// The share of datagrams that never arrive, 0…1.
    public var loss: Double
    /// The share of datagrams that arrive twice, 0…1.
    public var duplication: Double

    public init(
        latency: ClosedRange<Duration> = .milliseconds(20)...(.milliseconds(200)), jitter: Double = 0.1,
        loss: Double = 0, duplication: Double = 0
    ) {
        self.latency = latency
        self.jitter = jitter
        self.loss = loss
        self.duplication = duplication
    }
}

/// A link model in whole numbers, as every datagram needs it.
package struct Link {
    /// What the fastest link takes, in nanoseconds.
    let shortest: Int64
    private let span: Int64
    /// A share of 2¹⁶.
    private let jitter: Int64
    /// Shares of 2⁶³.
    private let loss: UInt64
    private let duplication: UInt64

    package init(_ model: LinkModel) {
        shortest = model.latency.lowerBound.nanoseconds
        span = model.latency.upperBound.nanoseconds - shortest
        jitter = Int64(model.jitter * Double(1 << Place.fractionBits))
        loss = UInt64(model.loss * Double(UInt64(1) << 63))
        duplication = UInt64(model.duplication * Double(UInt64(1) << 63))
    }

    /// The delays after which copies of one datagram arrive: none when it is lost.
    package func delays(
        from: Place, to: Place, _ generator: inout SeededGenerator
    ) -> (first: Duration?, second: Duration?) {
        if loss > 0, generator.next() >> 1 < loss { return (nil, nil) }
        let base = delay(from: from, to: to)
        let first = jittered(base, &generator)
        guard duplication > 0, generator.next() >> 1 < duplication else { return (first, nil) }
        return (first, jittered(base, &generator))
    }

    /// The one-way delay between two places without jitter, in nanoseconds.
    package func delay(from: Place, to: Place) -> Int64 {
        shortest + (span * Int64(from.distance(to: to))) >> Place.fractionBits
    }

    private func jittered(_ base: Int64, _ generator: inout SeededGenerator) -> Duration {
        guard jitter > 0 else { return .nanoseconds(base) }
        let most = (base * jitter) >> Place.fractionBits
        return .nanoseconds(base + (most * Int64(generator.next() >> 48)) >> 16)
    }
}

/// Where a host is: a point of the unit square and a height above it, as 16-bit fractions.
package struct Place {
    package let x: UInt16
    package let y: UInt16
    package let height: UInt16

    static let fractionBits: Int64 = 16

    package init(_ generator: inout SeededGenerator) {
        let bits = generator.next()
        x = UInt16(truncatingIfNeeded: bits)
        y = UInt16(truncatingIfNeeded: bits >> 16)
        // The product of two even draws: most lines are short, some long.
        height = UInt16(truncatingIfNeeded: ((bits >> 32 & 0xffff) * (bits >> 48)) >> 16)
    }

    /// The distance to another place, 0…2¹⁶: four fifths of it along the plane, whose diagonal counts as 1, and a tenth
    /// for each height.
    package func distance(to other: Place) -> Int {
        let (dx, dy) = (Int64(x) - Int64(other.x), Int64(y) - Int64(other.y))
        // Over the square root of 2, so that the diagonal is 2¹⁶.
        let plane = FixedPoint.squareRoot(UInt64((dx * dx + dy * dy) / 2))
        return Int(plane) * 4 / 5 + (Int(height) + Int(other.height)) / 10
    }
}

extension Duration {
    /// Whole nanoseconds; within the ages of a simulation they always fit.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
    }
}
