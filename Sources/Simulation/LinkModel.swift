import Basics

/// How datagrams travel between virtual hosts.
public struct LinkModel: Hashable, Sendable {
    /// The one-way delay lies between these, drawn anew for every datagram, so that datagrams overtake each other.
    public var latency: ClosedRange<Duration>
    /// The share of datagrams that never arrive, 0…1.
    public var loss: Double
    /// The share of datagrams that arrive twice, 0…1.
    public var duplication: Double

    public init(
        latency: ClosedRange<Duration> = .milliseconds(20)...(.milliseconds(200)), loss: Double = 0,
        duplication: Double = 0
    ) {
        self.latency = latency
        self.loss = loss
        self.duplication = duplication
    }

    /// The delays after which copies of one datagram arrive: none when it is lost.
    func delays(_ generator: inout SeededGenerator) -> [Duration] {
        guard !chance(loss, &generator) else { return [] }
        let first = delay(&generator)
        return chance(duplication, &generator) ? [first, delay(&generator)] : [first]
    }

    private func delay(_ generator: inout SeededGenerator) -> Duration {
        let span = latency.upperBound - latency.lowerBound
        return latency.lowerBound + span * Int(generator.next() >> 44) / (1 << 20)
    }

    private func chance(_ share: Double, _ generator: inout SeededGenerator) -> Bool {
        Double(generator.next() >> 11) < share * Double(UInt64(1) << 53)
    }
}
