import Basics

/// Draws for one concern of a simulation, perhaps of one host: each has a generator of its own, so that one more draw here
/// changes nothing elsewhere.
package struct Chance {
    private var generator: SeededGenerator

    /// What chance decides. The raw value enters the seed: a change changes all histories.
    package enum Concern: UInt64 {
        case identity = 1
        case link = 2
        case incarnation = 3
        case churn = 4
        case presence = 5
        case mail = 6
        case lookups = 7
        case faults = 8
        case bootstrap = 9
        case lies = 10
        case sampling = 11
        case scenario = 12
        case habits = 13
        case interference = 14
        case disks = 15
        case swarm = 16
        case buggify = 17
        case tables = 18
        case explorations = 19
        case nats = 20
        case mix = 21
        case strangers = 22
    }

    /// Draws for a concern, of the host with a number or of all.
    package init(seed: UInt64, _ concern: Concern, host number: Int = 0) {
        generator = SeededGenerator(seed: Chance.mix(Chance.mix(Chance.mix(seed) ^ concern.rawValue) ^ UInt64(number)))
    }

    /// MurmurHash3's finalizer: every bit of the input moves every bit of the output.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 33)) &* 0xff51_afd7_ed55_8ccd
        z = (z ^ (z >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return z ^ (z >> 33)
    }

    package mutating func next() -> UInt64 { generator.next() }
    package mutating func bytes32() -> Bytes32 { generator.bytes32() }

    /// A whole number from 0 up to but without `bound`, which is above 0.
    package mutating func below(_ bound: Int) -> Int {
        Int(generator.next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A point of time within a duration, to the microsecond.
    package mutating func within(_ duration: Duration) -> Duration {
        .microseconds(below(max(1, Int(duration.nanoseconds / 1_000))))
    }

    /// Whether something happens that happens in `share` of all cases, 0…1.
    package mutating func happens(_ share: Double) -> Bool {
        Double(generator.next() >> 11) < share * Double(UInt64(1) << 53)
    }

    /// How long something lasts of which half is over after `halfLife`: by an exponential law.
    package mutating func lifetime(halfLife: Duration) -> Duration {
        scaled(halfLife, by: FixedPoint.negatedLog2(ofFraction: generator.next()))
    }

    /// How long something lasts of which half is over after `halfLife`: by Weibull's law of shape 1/2, for which the time
    /// is the square of an exponential one.
    package mutating func weibullLifetime(halfLife: Duration) -> Duration {
        let log = FixedPoint.negatedLog2(ofFraction: generator.next())
        let square = log.multipliedFullWidth(by: log)
        return scaled(halfLife, by: square.high << 32 | square.low >> 32)
    }

    /// How long something lasts that lasts `mean` on average: by an exponential law.
    package mutating func span(mean: Duration) -> Duration {
        // mean · −ln u = mean · ln 2 · −log₂ u
        scaled(
            mean,
            by: FixedPoint.negatedLog2(ofFraction: generator.next()).multipliedFullWidth(by: FixedPoint.ln2 << 32).high)
    }

    private func scaled(_ duration: Duration, by factor: FixedPoint.Q32) -> Duration {
        let product = UInt64(duration.nanoseconds / 1_000).multipliedFullWidth(by: factor)
        return .microseconds(Int64(clamping: product.high << 32 | product.low >> 32))
    }

    /// `count` of the elements, each as likely as any other, in an order by chance.
    package mutating func pick<Element>(_ count: Int, of elements: [Element]) -> [Element] {
        var elements = elements
        let count = min(count, elements.count)
        for index in 0..<count { elements.swapAt(index, index + below(elements.count - index)) }
        return Array(elements.prefix(count))
    }
}
