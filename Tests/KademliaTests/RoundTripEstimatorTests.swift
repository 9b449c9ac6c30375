import Basics
import Kademlia
import Testing

struct RoundTripEstimatorTests {
    /// The formulas of RFC 6298 §2.2 and §2.3 in floating point.
    @Test(arguments: seeds(4))
    func agreesWithTheFormulas(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var estimator = RoundTripEstimator()
        var (srtt, rttvar) = (0.0, 0.0)
        for sample in 0..<200 {
            let microseconds = Double(generator.next() % 900_000 + 1_000)
            estimator.observe(.microseconds(Int64(microseconds)))
            if sample == 0 {
                (srtt, rttvar) = (microseconds, microseconds / 2)
            } else {
                rttvar = 0.75 * rttvar + 0.25 * abs(srtt - microseconds)
                srtt = 0.875 * srtt + 0.125 * microseconds
            }
            let expected = min(max((srtt + 4 * rttvar) / 1e6, 0.15), 3)
            #expect(abs(estimator.timeout(failures: 0) / .seconds(1) - expected) < 1e-4, "seed \(seed)")
            #expect(abs(estimator.roundTrip! / .microseconds(1) - srtt) < 20, "seed \(seed)")
        }
    }

    @Test func backsOffWithinBounds() {
        var estimator = RoundTripEstimator()
        #expect(
            (0...3).map { estimator.timeout(failures: $0) } == [.seconds(1), .seconds(2), .seconds(3), .seconds(3)])
        for _ in 0..<40 { estimator.observe(.milliseconds(10)) }
        #expect(estimator.timeout(failures: 0) == .milliseconds(150))
        #expect(estimator.timeout(failures: 1) == .milliseconds(300))
        #expect(estimator.timeout(failures: .max) == .seconds(3))
    }

    @Test func absurdSamplesDoNoHarm() {
        var estimator = RoundTripEstimator()
        let samples: [Duration] = [
            .zero, .seconds(-5), .seconds(Int64.max), .seconds(4_294), .nanoseconds(1), .seconds(Int64.min),
            .seconds(3_999.9),
        ]
        for first in samples {
            for second in samples {
                estimator.observe(first)
                estimator.observe(second)
                #expect(estimator.timeout(failures: 0) >= .milliseconds(150))
                #expect(estimator.timeout(failures: 0) <= .seconds(3))
                #expect(estimator.roundTrip! >= .microseconds(1))
            }
        }
    }

    @Test func theTableLearnsPerContact() {
        var generator = SeededGenerator(seed: 5)
        var table = RoutingTable(own: .zero)
        let near = Contact(NodeID(generator.bytes32()))
        let far = Contact(NodeID(generator.bytes32()))
        #expect(table.timeout(for: near.id) == .seconds(1))
        for second in 0..<20 {
            table.observe(near, roundTrip: .milliseconds(60), now: .seconds(Double(second)))
            table.observe(far, roundTrip: .milliseconds(second % 2 == 0 ? 400 : 600), now: .seconds(Double(second)))
        }
        #expect(table.timeout(for: near.id) == .milliseconds(150))
        #expect(table.timeout(for: far.id) > .milliseconds(600) && table.timeout(for: far.id) < .milliseconds(1_200))
        table.observeFailure(of: near.id, now: .seconds(30))
        #expect(table.timeout(for: near.id) == .milliseconds(300))
        table.observe(near, roundTrip: nil, now: .seconds(31))
        #expect(table.timeout(for: near.id) == .milliseconds(150))
    }
}
